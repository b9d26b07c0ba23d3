"""Known hashes: building, opening and searching files of millions of them.

`build` writes a file, `Snapshot` searches it: every PDQ hash within a radius, and every entry with an exact digest.
The work is done by the extension `sluice._native` where it was built, and by NumPy with the same answers where not.
"""
