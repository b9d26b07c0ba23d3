{{/* What is allowed, and worth a second look. */}}
{{- define "sluice.warnings" -}}
{{- if eq .Values.tls.mode "plaintext" }}

WARNING: tls.mode is plaintext. Whoever reaches a pod may ask it anything, unless a mesh or a network policy says no.
{{- end }}
{{- if not .Values.networkPolicy.enabled }}

WARNING: networkPolicy.enabled is false. Every service may open any connection.
{{- end }}
{{- range include "sluice.wide" . | fromYamlArray }}

WARNING: egress.{{ .row }} leads to a whole internet (a network /0) on port {{ .ports }}: {{ .components }}. Name smaller networks.
{{- end }}
{{- if .Values.objectStore.sharedSecret }}

WARNING: objectStore.sharedSecret is true. Every service that touches the store can read and write every prefix of it.
{{- end }}
{{- if and (eq .Values.kafka.securityProtocol "SSL") (not .Values.kafka.tls.clientCertificates) }}

WARNING: kafka.tls.clientCertificates is false. The brokers take every service for the same user, ANONYMOUS.
{{- end }}
{{- if and (eq .Values.topics.mode "strimzi") .Values.topics.strimzi.users .Values.topics.strimzi.namespace (ne .Values.topics.strimzi.namespace .Release.Namespace) }}

WARNING: topics.strimzi.namespace is {{ .Values.topics.strimzi.namespace }}. Strimzi makes the users' Secrets there; copy them to {{ .Release.Namespace }}, or pods wait for ever.
{{- end }}
{{- if hasKey (include "sluice.services" . | fromYaml) "reporter" }}
{{- if hasPrefix "file://" .Values.vault.url }}

WARNING: vault.url is a folder of the reporter's volume. Evidence is lost with that volume, and the audit log's anchor lies beside the log.
{{- end }}
{{- if not .Values.tipline.hold }}

WARNING: tipline.hold is false. Matches are reported, and accounts banned, without anybody having looked.
{{- end }}
{{- if and .Values.tipline.url (not .Values.tipline.schemaConfigMap) (not .Values.tipline.simulator) }}

WARNING: tipline.schemaConfigMap is empty. Reports are checked by a schema of ours and not by NCMEC's: `sluice incidents schema --fetch`.
{{- end }}
{{- if .Values.tipline.simulator }}

WARNING: tipline.simulator is true. Nothing that is sent there reaches anybody, and real incidents wait.
{{- end }}
{{- else }}

WARNING: services.reporter.enabled is false. Nobody preserves what matches known material, or reports it.
{{- end }}
{{- if and .Values.gateway.ingress.enabled .Values.gateway.ingress.plainHttp }}

WARNING: gateway.ingress.plainHttp is true. API keys and contents travel in the clear up to whatever ends TLS before it.
{{- end }}
{{- if .Values.hashes.testBank }}

WARNING: hashes.testBank is true. That is for trying out: name your banks in hashes.requiredBanks.
{{- else if not .Values.hashes.requiredBanks }}

WARNING: hashes.requiredBanks is empty. A bank that policy relies on can be missing without anybody noticing.
{{- end }}
{{- end -}}
