{{/* The pod of a service: (dict "root" $ "name" NAME "service" SERVICE). */}}

{{- define "sluice.pod" -}}
{{- $s := .service -}}
{{ include "sluice.podSecurity" (dict "root" .root "user" 10001) }}
serviceAccountName: {{ include "sluice.component" . }}
# preStop, then each of the three steps of a stop (docs/operations.md, Stopping), then what the last commit takes.
terminationGracePeriodSeconds: {{ add (int $s.preStopSeconds) (mul 3 (int $s.drainSeconds)) 15 }}
{{- with $s.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $s.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $s.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $mounts := dict "root" .root "name" .name "needs" $s.needs "affinity" $s.affinity }}
{{- with include "sluice.affinity" $mounts | fromYaml }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range $s.topologyKeys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $s.whenUnsatisfiable }}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "sluice.selector" $ | nindent 8 }}
  {{- end }}
containers:
  - name: {{ .name }}
    {{- include "sluice.image" (dict "root" .root "name" .name "image" $s.image) | nindent 4 }}
    args: [serve, {{ .name }}]
    env:
      {{- include "sluice.env" . | nindent 6 }}
    {{- with include "sluice.envFrom" . | fromYamlArray }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    ports:
      - {name: grpc, containerPort: 50051}
      - {name: health, containerPort: 50052}
      - {name: ops, containerPort: 9464}
      {{- if $s.http.enabled }}
      - {name: http, containerPort: {{ int $s.http.port }}}
      {{- end }}
    # Started and alive are that the event loop turns; ready is that it can do its job. What is only not ready is not
    # restarted: that mends neither a model that is not there nor a broker that is away.
    startupProbe:
      grpc: {port: 50052, service: live}
      periodSeconds: 5
      failureThreshold: {{ int $s.startupFailures }}
    livenessProbe:
      grpc: {port: 50052, service: live}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      grpc: {port: 50052}
      periodSeconds: 5
      timeoutSeconds: 3
      failureThreshold: 2
    lifecycle:
      preStop:
        sleep: {seconds: {{ int $s.preStopSeconds }}}
    {{- with $s.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- include "sluice.containerSecurity" . | nindent 4 }}
    volumeMounts:
      {{- include "sluice.mounts" . | nindent 6 }}
volumes:
  {{- include "sluice.volumes" . | nindent 2 }}
{{- end -}}

{{/* Its own affinity, and that of what it mounts: a volume that one machine alone can have keeps its pods together. */}}
{{- define "sluice.affinity" -}}
{{- $own := deepCopy .affinity -}}
{{- range include "sluice.shared" . | fromYamlArray -}}
{{- $labels := dict "app.kubernetes.io/instance" $.root.Release.Name . "true" -}}
{{- $with := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" $labels) -}}
{{- $pods := default (dict) $own.podAffinity -}}
{{- $_ := set $pods "requiredDuringSchedulingIgnoredDuringExecution" (append (default (list) $pods.requiredDuringSchedulingIgnoredDuringExecution) $with) -}}
{{- $_ := set $own "podAffinity" $pods -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{/* Labels that pods carry which mount a volume of one machine, as a list in YAML. */}}
{{- define "sluice.shared" -}}
{{- $v := .root.Values -}}
{{- $found := list -}}
{{- if and (has "hashes" .needs) $v.hashes.store.enabled (not (has "ReadWriteMany" $v.hashes.store.persistence.accessModes)) -}}
{{- $found = append $found "sluice.dev/mounts-hashes" -}}
{{- end -}}
{{- if and (hasPrefix "file://" $v.objectStore.url) (include "sluice.prefixes" . | fromYaml) (not (has "ReadWriteMany" $v.objectStore.persistence.accessModes)) -}}
{{- $found = append $found "sluice.dev/mounts-objects" -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}
