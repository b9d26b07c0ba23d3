{{/* The variables of a service (docs/operations.md, Settings), each once: what its entry says goes before what follows
from the other values. */}}

{{- define "sluice.env" -}}
{{- $names := list -}}
{{- $last := dict -}}
{{- range include "sluice.variables" . | fromYamlArray -}}
{{- $names = append $names .name -}}
{{- $_ := set $last .name . -}}
{{- end -}}
{{- $once := list -}}
{{- range uniq $names -}}{{- $once = append $once (get $last .) -}}{{- end -}}
{{- toYaml $once -}}
{{- end -}}

{{- define "sluice.variables" -}}
{{- $v := .root.Values -}}
{{- $s := .service -}}
# Its own for every pod, and the same again when a container of the pod is started again (docs/adr/0030).
- name: SLUICE_INSTANCE
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- {name: SLUICE_GRPC_ADDRESS, value: "0.0.0.0:50051"}
- {name: SLUICE_HEALTH_ADDRESS, value: "0.0.0.0:50052"}
- {name: SLUICE_OPS_ADDRESS, value: "0.0.0.0:9464"}
- {name: SLUICE_LOG_LEVEL, value: {{ $s.logLevel }}}
- {name: SLUICE_DRAIN_SECONDS, value: {{ int $s.drainSeconds | quote }}}
# gRPC's own words on connections that end, which say nothing that is not logged or counted.
- {name: GRPC_VERBOSITY, value: ERROR}
{{ if eq $v.tls.mode "plaintext" -}}
- {name: SLUICE_GRPC_PLAINTEXT, value: "1"}
{{- else -}}
- {name: SLUICE_TLS_DIR, value: /etc/sluice/tls}
- {name: SLUICE_PEERS, value: /etc/sluice/peers/peers.yaml}
{{- end }}
{{ include "sluice.kafkaEnv" (dict "root" .root "name" .name "kafka" $s.kafka) }}
{{- if include "sluice.prefixes" . | fromYaml }}
- {name: SLUICE_OBJECT_STORE, value: {{ $v.objectStore.url | quote }}}
{{- range $name, $value := $v.objectStore.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- if and (has "policy" $s.needs) (or $v.policy.text $v.policy.existingConfigMap) }}
- {name: SLUICE_POLICY, value: /etc/sluice/policy/policy.yaml}
{{- end }}
{{- if has "shadowPolicy" $s.needs }}
- {name: SLUICE_SHADOW_POLICY, value: /etc/sluice/shadow-policy/policy.yaml}
{{- end }}
{{- if and (has "nameLists" $s.needs) (or $v.nameLists.files $v.nameLists.existingConfigMap) }}
- {name: SLUICE_NAME_LISTS, value: /etc/sluice/lists}
{{- end }}
{{- if and (has "models" $s.needs) (ne $v.models.source "image") }}
- {name: SLUICE_MODELS, value: /srv/models}
{{- end }}
{{- if has "hashes" $s.needs }}
- {name: SLUICE_TEST_BANK, value: {{ ternary "1" "0" $v.hashes.testBank | quote }}}
{{- if $v.hashes.requiredBanks }}
- {name: SLUICE_REQUIRED_BANKS, value: {{ join "," $v.hashes.requiredBanks | quote }}}
{{- end }}
{{- if $v.hashes.banks }}
- {name: SLUICE_BANKS, value: /etc/sluice/banks}
{{- end }}
{{- if $v.hashes.store.enabled }}
- {name: SLUICE_HASHES, value: /srv/hashes}
{{- end }}
{{- end }}
{{- if has "signingKey" $s.needs }}
- {name: SLUICE_C2PA_CERTS, value: /etc/sluice/c2pa}
{{- if $v.c2pa.key }}
- {name: SLUICE_C2PA_KEY, value: {{ $v.c2pa.key | quote }}}
{{- end }}
{{- if $v.c2pa.timestampAuthorities }}
- {name: SLUICE_C2PA_TSA, value: {{ join "," $v.c2pa.timestampAuthorities | quote }}}
- {name: SLUICE_C2PA_TSA_DOWN, value: {{ $v.c2pa.timestampsDown }}}
{{- end }}
{{- end }}
{{- if has "anchors" $s.needs }}
- {name: SLUICE_C2PA_CERTS, value: /etc/sluice/c2pa-anchors}
{{- end }}
{{- if has "vault" $s.needs }}
- {name: SLUICE_VAULT, value: {{ $v.vault.url | quote }}}
- {name: SLUICE_VAULT_KEY, value: {{ include "sluice.vaultKey" .root | quote }}}
- {name: SLUICE_VAULT_ANCHOR, value: {{ ternary "/var/lib/sluice" "/srv/anchor" $s.persistence.enabled }}/audit.head}
{{- if or $v.vault.people.text $v.vault.people.existingConfigMap }}
- {name: SLUICE_VAULT_PEOPLE, value: /etc/sluice/vault-people/people}
{{- end }}
{{- end }}
{{- if has "tipline" $s.needs }}
- {name: SLUICE_REPORTER_HOLD, value: {{ ternary "1" "0" $v.tipline.hold | quote }}}
{{- if $v.tipline.url }}
- {name: SLUICE_TIPLINE_URL, value: {{ $v.tipline.url | quote }}}
- {name: SLUICE_TIPLINE_USER_FILE, value: /etc/sluice/tipline/user}
- {name: SLUICE_TIPLINE_PASSWORD_FILE, value: /etc/sluice/tipline/password}
- {name: SLUICE_TIPLINE_SIMULATOR, value: {{ ternary "1" "0" $v.tipline.simulator | quote }}}
{{- if $v.tipline.schemaConfigMap }}
- {name: SLUICE_TIPLINE_SCHEMA, value: /etc/sluice/tipline-schema/schema.xsd}
{{- end }}
{{- if $v.tipline.caConfigMap }}
- {name: SLUICE_TIPLINE_CA, value: /etc/sluice/tipline-ca/ca.crt}
{{- end }}
- {name: SLUICE_REPORTER_FIRST_NAME, value: {{ $v.tipline.reporter.firstName | quote }}}
- {name: SLUICE_REPORTER_LAST_NAME, value: {{ $v.tipline.reporter.lastName | quote }}}
- {name: SLUICE_REPORTER_EMAIL, value: {{ $v.tipline.reporter.email | quote }}}
- {name: SLUICE_REPORTER_SERVICE, value: {{ $v.tipline.reporter.service | quote }}}
{{- end }}
{{- end }}
{{- if has "road" $s.needs }}
{{- range $name, $component := dict "SLUICE_ORCHESTRATOR_ADDRESS" "orchestrator" "SLUICE_INGEST_ADDRESS" "ingest" }}
- {name: {{ $name }}, value: "dns:///{{ include "sluice.component" (dict "root" $.root "name" $component) }}:50051"}
{{- end }}
{{- if ne $v.tls.mode "plaintext" }}
- {name: SLUICE_CLIENT_TLS_DIR, value: /etc/sluice/tls}
{{- end }}
{{- end }}
{{- if and (has "apiKeys" $s.needs) $v.gateway.firstKey.existingSecret }}
- {name: SLUICE_API_KEY_FILE, value: /etc/sluice/first-key/key}
{{- end }}
{{- if and $v.triton.enabled (has "triton" $s.needs) }}
- {name: SLUICE_TRITON_URL, value: "{{ include "sluice.component" (dict "root" .root "name" "triton") }}:8001"}
- {name: SLUICE_TRITON_DEADLINE_MS, value: {{ $v.triton.deadlineMs | quote }}}
- {name: SLUICE_TRITON_CPU_FALLBACK, value: {{ ternary "1" "0" $v.triton.cpuFallback | quote }}}
{{- end }}
{{- if $s.http.enabled }}
- {name: {{ $s.http.variable }}, value: "0.0.0.0:{{ int $s.http.port }}"}
{{- end }}
- {name: SLUICE_TRACE_SAMPLE, value: {{ $v.monitoring.traceSample | quote }}}
{{- if $v.monitoring.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ $v.monitoring.otlpEndpoint | quote }}}
- {name: SLUICE_METRICS_SECONDS, value: {{ $v.monitoring.pushSeconds | quote }}}
{{- end }}
{{- range $name, $value := $s.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- with $s.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Credentials for the object store, and what else is in Secrets, as `envFrom`. */}}
{{- define "sluice.envFrom" -}}
{{- $secret := default (replace "NAME" .name .root.Values.objectStore.existingSecret) .service.objectStore.existingSecret -}}
{{- if and $secret (include "sluice.prefixes" . | fromYaml) }}
- secretRef: {name: {{ $secret }}}
{{- end }}
{{- with .service.envFrom }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where the wrapping keys of evidence are. */}}
{{- define "sluice.vaultKey" -}}
{{- default "file:///etc/sluice/vault/vault.keys" .Values.vault.key -}}
{{- end -}}

{{/* Prefixes of the object store that a component may touch: name -> write or read, as YAML. */}}
{{- define "sluice.prefixes" -}}
{{- $found := dict -}}
{{- range $road := .root.Values.egress -}}
{{- range $prefix, $who := $road.prefixes -}}
{{- if or (has $.name $who.write) (has $.name (default (list) $who.purge)) -}}{{- $_ := set $found $prefix "write" -}}
{{- else if has $.name $who.read -}}{{- $_ := set $found $prefix "read" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}
