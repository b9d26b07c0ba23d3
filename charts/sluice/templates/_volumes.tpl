{{/* What a service is given as files. Everything that is followed while it runs is mounted as a folder, never with
subPath: the kubelet turns such a folder's link, and a file of a subPath stays what it was. 288 is 0440: a secret is for the
pod's own group. */}}

{{- define "sluice.volumes" -}}
{{- $v := .root.Values -}}
{{- $s := .service -}}
- name: tmp
  emptyDir: {sizeLimit: {{ $s.scratch.tmp }}}
{{ if $s.persistence.enabled -}}
- name: home
  persistentVolumeClaim:
    claimName: {{ default (include "sluice.component" .) $s.persistence.existingClaim }}
{{- else -}}
- name: home
  emptyDir: {sizeLimit: {{ $s.scratch.home }}}
{{- end }}
{{- if ne $v.tls.mode "plaintext" }}
- name: tls
  secret: {secretName: {{ include "sluice.tlsSecret" . }}, defaultMode: 288}
- name: peers
  configMap: {name: {{ include "sluice.component" . }}-peers}
{{- end }}
{{- include "sluice.kafkaVolumes" (dict "root" .root "name" .name "kafka" $s.kafka) }}
{{- if and (hasPrefix "file://" $v.objectStore.url) (include "sluice.prefixes" . | fromYaml) }}
- name: objects
  persistentVolumeClaim:
    claimName: {{ default (include "sluice.component" (dict "root" .root "name" "objects")) $v.objectStore.persistence.existingClaim }}
{{- end }}
{{- if and (has "policy" $s.needs) (or $v.policy.text $v.policy.existingConfigMap) }}
- name: policy
  configMap: {name: {{ default (include "sluice.component" (dict "root" .root "name" "policy")) $v.policy.existingConfigMap }}}
{{- end }}
{{- if has "shadowPolicy" $s.needs }}
- name: shadow-policy
  configMap: {name: {{ default (include "sluice.component" (dict "root" .root "name" "shadow-policy")) $v.policy.shadow.existingConfigMap }}}
{{- end }}
{{- if and (has "nameLists" $s.needs) (or $v.nameLists.files $v.nameLists.existingConfigMap) }}
- name: lists
  configMap: {name: {{ default (include "sluice.component" (dict "root" .root "name" "lists")) $v.nameLists.existingConfigMap }}}
{{- end }}
{{- if and (has "models" $s.needs) (ne $v.models.source "image") }}
- name: models
  {{- if eq $v.models.source "volume" }}
  persistentVolumeClaim: {claimName: {{ $v.models.volume.existingClaim }}, readOnly: true}
  {{- else }}
  image: {reference: {{ $v.models.oci.reference | quote }}, pullPolicy: {{ $v.models.oci.pullPolicy }}}
  {{- end }}
{{- end }}
{{- if has "hashes" $s.needs }}
{{- range $bank, $secret := $v.hashes.banks }}
- name: bank-{{ $bank }}
  secret: {secretName: {{ $secret }}, defaultMode: 288}
{{- end }}
{{- if $v.hashes.store.enabled }}
- name: hashes
  persistentVolumeClaim: {claimName: {{ include "sluice.hashClaim" .root }}, readOnly: true}
{{- end }}
{{- end }}
{{- if has "signingKey" $s.needs }}
- name: c2pa
  secret: {secretName: {{ $v.c2pa.existingSecret }}, defaultMode: 288}
{{- end }}
{{- if has "anchors" $s.needs }}
- name: c2pa-anchors
  configMap: {name: {{ $v.c2pa.anchorsConfigMap }}}
{{- end }}
{{- if has "vault" $s.needs }}
{{- if contains "file:///etc/sluice/vault/" (include "sluice.vaultKey" .root) }}
- name: vault
  secret:
    secretName: {{ $v.vault.existingSecret }}
    defaultMode: 288
    items: [{key: vault.keys, path: vault.keys}]
{{- end }}
{{- if or $v.vault.people.text $v.vault.people.existingConfigMap }}
- name: vault-people
  configMap: {name: {{ default (include "sluice.component" (dict "root" .root "name" "vault-people")) $v.vault.people.existingConfigMap }}}
{{- end }}
{{- if not $s.persistence.enabled }}
- name: anchor
  persistentVolumeClaim:
    claimName: {{ default (include "sluice.component" (dict "root" .root "name" "anchor")) $v.vault.anchor.existingClaim }}
{{- end }}
{{- end }}
{{- if and (has "tipline" $s.needs) $v.tipline.url }}
- name: tipline
  secret:
    secretName: {{ $v.tipline.existingSecret }}
    defaultMode: 288
    items: [{key: user, path: user}, {key: password, path: password}]
{{- if $v.tipline.schemaConfigMap }}
- name: tipline-schema
  configMap: {name: {{ $v.tipline.schemaConfigMap }}}
{{- end }}
{{- if $v.tipline.caConfigMap }}
- name: tipline-ca
  configMap: {name: {{ $v.tipline.caConfigMap }}}
{{- end }}
{{- end }}
{{- if and (has "apiKeys" $s.needs) $v.gateway.firstKey.existingSecret }}
- name: first-key
  secret:
    secretName: {{ $v.gateway.firstKey.existingSecret }}
    defaultMode: 288
    items: [{key: key, path: key}]
{{- end }}
{{- with $s.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sluice.mounts" -}}
{{- $v := .root.Values -}}
{{- $s := .service -}}
- {name: tmp, mountPath: /tmp}
- {name: home, mountPath: /var/lib/sluice}
{{- range include "sluice.volumes" . | fromYamlArray }}
{{- if has .name (list "tls" "peers" "kafka-user" "kafka-ca" "policy" "shadow-policy" "lists" "c2pa" "c2pa-anchors" "vault" "vault-people" "tipline" "tipline-schema" "tipline-ca" "first-key") }}
- {name: {{ .name }}, mountPath: /etc/sluice/{{ .name }}, readOnly: true}
{{- else if has .name (list "models" "hashes") }}
- {name: {{ .name }}, mountPath: /srv/{{ .name }}, readOnly: true}
{{- else if eq .name "anchor" }}
- {name: anchor, mountPath: /srv/anchor}
{{- else if hasPrefix "bank-" .name }}
- {name: {{ .name }}, mountPath: /etc/sluice/banks/{{ trimPrefix "bank-" .name }}, readOnly: true}
{{- end }}
{{- end }}
{{- if hasPrefix "file://" $v.objectStore.url }}
{{- range $prefix, $access := include "sluice.prefixes" . | fromYaml }}
- {name: objects, mountPath: {{ trimPrefix "file://" $v.objectStore.url }}/{{ $prefix }}, subPath: {{ $prefix }}, readOnly: {{ eq $access "read" }}}
{{- end }}
{{- end }}
{{- with $s.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sluice.hashClaim" -}}
{{- default (include "sluice.component" (dict "root" . "name" "hashes")) .Values.hashes.store.persistence.existingClaim -}}
{{- end -}}
