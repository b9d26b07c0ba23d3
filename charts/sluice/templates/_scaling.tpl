{{/* Up at once, down slowly: each change of the number of members is a rebalance of their group. */}}
{{- define "sluice.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 30
  policies: [{type: Percent, value: 100, periodSeconds: 60}]
scaleDown:
  stabilizationWindowSeconds: 600
  policies: [{type: Pods, value: 1, periodSeconds: 120}]
{{- end -}}

{{/* `replicas` of a service. Where a scaler has them they stay what they are on the server: a field that is left out is
one, whoever has changed it since, and every service would begin anew with one pod when its scaler is switched on. */}}
{{- define "sluice.replicas" -}}
{{- $s := .service -}}
{{- if not (include "sluice.scaler" .) -}}
replicas: {{ int $s.replicas }}
{{- else if $s.autoscaling.keepReplicas -}}
{{- $there := lookup "apps/v1" "Deployment" .root.Release.Namespace (include "sluice.component" .) -}}
replicas: {{ int (dig "spec" "replicas" $s.autoscaling.min $there) }}
{{- end -}}
{{- end -}}
