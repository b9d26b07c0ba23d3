#!/bin/sh
# Takes from a Debian with Python 3.11 what a service has no use for, the package manager last, and makes its user.
# The record of packages (/var/lib/dpkg/status) stays, and stays true: scanners and the SBOM read it.
set -eu

# What the scripts of others call goes last.
unwanted="apt adduser debian-archive-keyring e2fsprogs gpgv hostname login logsave mount ncurses-bin netbase passwd
  python3-pip python3-setuptools python3-wheel sysvinit-utils usr-is-merged util-linux-extra util-linux bsdutils mawk
  perl perl-modules-5.36 libperl5.36 libgdbm-compat4 libgdbm6 init-system-helpers debconf tar perl-base"
for package in $unwanted; do
  if dpkg-query --show --showformat '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii'; then
    dpkg --purge --force-all "$package" >/dev/null 2>&1
  fi
done

# What a published image of Python brings beside Debian's packages, and parts of the library that nothing here imports.
for library in /usr/local/lib/python3.11 /usr/lib/python3.11; do
  for part in ensurepip idlelib lib2to3 pydoc_data test tkinter turtledemo site-packages/pip site-packages/setuptools \
    site-packages/wheel site-packages/pkg_resources site-packages/_distutils_hack; do
    rm -rf "${library:?}/$part"
  done
  rm -rf "$library"/site-packages/*.dist-info "$library"/site-packages/distutils-precedence.pth
done
rm -f /usr/local/bin/pip* /usr/local/bin/wheel /usr/local/bin/idle* /usr/local/bin/2to3* /usr/local/bin/pydoc*

mkdir -p /var/lib/sluice /opt/sluice
printf 'sluice:x:10001:10001::/var/lib/sluice:/usr/sbin/nologin\n' >>/etc/passwd
printf 'sluice:x:10001:\n' >>/etc/group
chown 10001:10001 /var/lib/sluice

dpkg --purge --force-all dpkg >/dev/null 2>&1 || true
rm -rf /usr/bin/dpkg* /usr/sbin/dpkg* /usr/share/dpkg /var/lib/dpkg/info /var/lib/dpkg/triggers /var/lib/dpkg/updates \
  /var/lib/dpkg/*-old /var/lib/apt /var/cache /var/log /etc/apt /etc/dpkg /etc/cron.daily /usr/share/doc-base \
  /usr/share/man /usr/share/info /usr/share/locale /usr/share/lintian /usr/share/bug
find /usr/share/doc -type f ! -name copyright -delete
# A process that has no rights needs nothing that gives it some.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
mkdir -p /var/cache /var/log
