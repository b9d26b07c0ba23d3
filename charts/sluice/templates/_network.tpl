{{/* Rules of the network policy of one component, as lists in YAML. */}}

{{/* Every row of `egress` that names the component and leads anywhere. */}}
{{- define "sluice.egress" -}}
{{- $rules := list -}}
{{- range $row, $road := .root.Values.egress -}}
{{- $to := default (list) $road.to -}}
{{- if $road.component -}}
{{- $to = list (dict "podSelector" (dict "matchLabels" (include "sluice.selector" (dict "root" $.root "name" $road.component) | fromYaml))) -}}
{{- end -}}
{{- $named := has $.name (include "sluice.travellers" (dict "root" $.root "row" $row) | fromYamlArray) -}}
{{- if and $named $to (include "sluice.open" (dict "root" $.root "row" $row)) -}}
{{- $rules = append $rules (dict "to" $to "ports" $road.ports) -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* Components that a row of `egress` names. */}}
{{- define "sluice.travellers" -}}
{{- $road := get .root.Values.egress .row -}}
{{- $found := default (list) $road.services -}}
{{- range $road.prefixes -}}{{- $found = concat $found .write .read (default (list) .purge) -}}{{- end -}}
{{- $found | uniq | toYaml -}}
{{- end -}}

{{/* Whether what a row leads to is used at all. */}}
{{- define "sluice.open" -}}
{{- $v := .root.Values -}}
{{- if eq .row "triton" -}}{{- ternary "true" "" $v.triton.enabled -}}
{{- else if hasKey (get $v.egress .row) "prefixes" -}}{{- ternary "" "true" (hasPrefix "file://" $v.objectStore.url) -}}
{{- else if eq .row "vault" -}}{{- ternary "" "true" (hasPrefix "file://" $v.vault.url) -}}
{{- else if eq .row "vaultKeys" -}}{{- ternary "true" "" (regexMatch "(awskms|gcpkms|azurekms|hashivault):" $v.vault.key) -}}
{{- else if eq .row "ncmec" -}}{{- ternary "true" "" (ne $v.tipline.url "") -}}
{{- else if eq .row "telemetry" -}}{{- ternary "true" "" (ne $v.monitoring.otlpEndpoint "") -}}
{{- else if eq .row "modelStore" -}}{{- ternary "true" "" (and $v.triton.enabled (eq $v.triton.models.source "s3")) -}}
{{- else -}}true{{- end -}}
{{- end -}}

{{/* Callers of gRPC by their names, Prometheus, the kubelet, and whoever HTTP is for. */}}
{{- define "sluice.ingress" -}}
{{- $v := .root.Values -}}
{{- $rules := list -}}
{{- with .service -}}
{{- $callers := list -}}
{{- range $method, $names := .peers -}}{{- $callers = concat $callers $names -}}{{- end -}}
{{- $from := list -}}
{{- range uniq $callers -}}
{{- $client := get $v.clients . -}}
{{- if $client -}}
{{- $from = concat $from $client.from -}}
{{- else -}}
{{- $from = append $from (dict "podSelector" (dict "matchLabels" (include "sluice.selector" (dict "root" $.root "name" .) | fromYaml))) -}}
{{- end -}}
{{- end -}}
{{- if $from -}}
{{- $rules = append $rules (dict "from" $from "ports" (list (dict "port" 50051 "protocol" "TCP"))) -}}
{{- end -}}
{{- if and .http.enabled .http.from -}}
{{- $rules = append $rules (dict "from" .http.from "ports" (list (dict "port" .http.port "protocol" "TCP"))) -}}
{{- end -}}
{{- end -}}
{{- if eq .name "triton" -}}
{{- $from := list -}}
{{- range $v.egress.triton.services -}}
{{- $from = append $from (dict "podSelector" (dict "matchLabels" (include "sluice.selector" (dict "root" $.root "name" .) | fromYaml))) -}}
{{- end -}}
{{- $rules = append $rules (dict "from" $from "ports" $v.egress.triton.ports) -}}
{{- end -}}
{{- if and $v.networkPolicy.monitoring (or .service (eq .name "triton")) -}}
{{- $rules = append $rules (dict "from" $v.networkPolicy.monitoring "ports" (list (dict "port" (ternary 8002 9464 (eq .name "triton")) "protocol" "TCP"))) -}}
{{- end -}}
{{- if and $v.networkPolicy.kubelet (or .service (eq .name "triton")) -}}
{{- $nodes := list -}}
{{- range $v.networkPolicy.kubelet -}}{{- $nodes = append $nodes (dict "ipBlock" (dict "cidr" .)) -}}{{- end -}}
{{- $rules = append $rules (dict "from" $nodes "ports" (list (dict "port" (ternary 8001 50052 (eq .name "triton")) "protocol" "TCP"))) -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* Rows that open a port to every address there is, as a list in YAML: {row, ports, components}. */}}
{{- define "sluice.wide" -}}
{{- $found := list -}}
{{- $there := concat (include "sluice.services" . | fromYaml | keys) (include "sluice.others" . | fromYamlArray) -}}
{{- range $row, $road := .Values.egress -}}
{{- $everywhere := false -}}
{{- range $road.to -}}
{{- with .ipBlock -}}{{- if hasSuffix "/0" .cidr -}}{{- $everywhere = true -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if and $everywhere (include "sluice.open" (dict "root" $ "row" $row)) -}}
{{- $who := list -}}
{{- range include "sluice.travellers" (dict "root" $ "row" $row) | fromYamlArray -}}
{{- if has . $there -}}{{- $who = append $who . -}}{{- end -}}
{{- end -}}
{{- $ports := list -}}
{{- range $road.ports -}}{{- $ports = append $ports (toString .port) -}}{{- end -}}
{{- if $who -}}{{- $found = append $found (dict "row" $row "ports" (join ", " $ports) "components" (sortAlpha $who | join ", ")) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}
