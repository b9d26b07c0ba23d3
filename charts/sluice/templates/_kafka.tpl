{{/* How a component reaches Kafka, as its own user. "kafka" is what its entry says of that. */}}

{{- define "sluice.kafkaSecret" -}}
{{- default (printf "%s%s" .root.Values.kafka.sasl.userPrefix .name) .kafka.existingSecret -}}
{{- end -}}

{{- define "sluice.kafkaEnv" -}}
{{- $kafka := .root.Values.kafka -}}
- {name: KAFKA_BOOTSTRAP_SERVERS, value: {{ $kafka.bootstrapServers | quote }}}
- {name: KAFKA_SECURITY_PROTOCOL, value: {{ $kafka.securityProtocol }}}
{{- if hasPrefix "SASL_" $kafka.securityProtocol }}
- {name: KAFKA_SASL_MECHANISM, value: {{ $kafka.sasl.mechanism }}}
- {name: KAFKA_SASL_USERNAME, value: {{ default (printf "%s%s" $kafka.sasl.userPrefix .name) .kafka.username | quote }}}
- {name: KAFKA_SASL_PASSWORD_FILE, value: /etc/sluice/kafka-user/password}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.securityProtocol) $kafka.tls.caSecret }}
- {name: KAFKA_SSL_CA_LOCATION, value: /etc/sluice/kafka-ca/ca.crt}
{{- end }}
{{- if and (eq $kafka.securityProtocol "SSL") $kafka.tls.clientCertificates }}
- {name: KAFKA_SSL_CERTIFICATE_LOCATION, value: /etc/sluice/kafka-user/user.crt}
- {name: KAFKA_SSL_KEY_LOCATION, value: /etc/sluice/kafka-user/user.key}
{{- end }}
{{- end -}}

{{- define "sluice.kafkaVolumes" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if hasPrefix "SASL_" $kafka.securityProtocol }}
- name: kafka-user
  secret:
    secretName: {{ include "sluice.kafkaSecret" . }}
    defaultMode: 288
    items: [{key: {{ $kafka.sasl.passwordKey }}, path: password}]
{{- else if and (eq $kafka.securityProtocol "SSL") $kafka.tls.clientCertificates }}
- name: kafka-user
  secret:
    secretName: {{ include "sluice.kafkaSecret" . }}
    defaultMode: 288
    items: [{key: user.crt, path: user.crt}, {key: user.key, path: user.key}]
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.securityProtocol) $kafka.tls.caSecret }}
- name: kafka-ca
  secret:
    secretName: {{ $kafka.tls.caSecret }}
    items: [{key: {{ $kafka.tls.caKey }}, path: ca.crt}]
{{- end }}
{{- end -}}

{{/* Mounts of those volumes. */}}
{{- define "sluice.kafkaMounts" -}}
{{- range include "sluice.kafkaVolumes" . | fromYamlArray }}
- {name: {{ .name }}, mountPath: /etc/sluice/{{ .name }}, readOnly: true}
{{- end }}
{{- end -}}
