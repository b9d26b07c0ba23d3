{{/* Names, labels, images. Most take (dict "root" $ "name" COMPONENT). */}}

{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sluice.component" -}}
{{- printf "%s-%s" (include "sluice.fullname" .root) .name -}}
{{- end -}}

{{/* What selects the pods of a component; never changed, for a Deployment keeps its selector for life. */}}
{{- define "sluice.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "sluice.labels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/part-of: sluice
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{/* `metadata` of an object of a component; "suffix" ends its name, "labels" and "annotations" are more of them. */}}
{{- define "sluice.metadata" -}}
name: {{ include "sluice.component" . }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "sluice.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with mustMerge (dict) (default (dict) .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* `image` and `imagePullPolicy`; "image" is what the component's entry says of its own. */}}
{{- define "sluice.image" -}}
{{- $all := .root.Values.image -}}
{{- $registry := default $all.registry .root.Values.global.imageRegistry -}}
{{- $usual := printf "%s%s" $all.prefix .name -}}
{{- $path := default (ternary (printf "%s/%s" $registry $usual) $usual (ne $registry "")) .image.repository -}}
{{- $tag := default (default .root.Chart.AppVersion $all.tag) .image.tag -}}
image: {{ printf "%s%s" $path (ternary (printf "@%s" .image.digest) (printf ":%s" $tag) (ne .image.digest "")) | quote }}
imagePullPolicy: {{ $all.pullPolicy }}
{{- end -}}

{{/* The same for what runs in the image of a service, "name", unless its own entry, "image", says otherwise. */}}
{{- define "sluice.borrowedImage" -}}
{{- $service := get .root.Values.services .name | default dict -}}
{{- $theirs := mustMergeOverwrite (deepCopy .root.Values.defaults.image) (default (dict) $service.image) -}}
{{- $own := or .image.repository .image.tag .image.digest -}}
{{- include "sluice.image" (dict "root" .root "name" .name "image" (ternary .image $theirs (ne $own ""))) -}}
{{- end -}}

{{/* What a caller of this name shows: as `clients` says, else the name that this chart gives. */}}
{{- define "sluice.identity" -}}
{{- $given := (get .root.Values.clients .name | default dict).identity -}}
{{- default (printf "spiffe://%s/%s/%s" .root.Values.tls.trustDomain .root.Release.Namespace .name) $given -}}
{{- end -}}

{{/* Every enabled service with the defaults laid under it, as YAML. */}}
{{- define "sluice.services" -}}
{{- $all := dict -}}
{{- range $name, $own := .Values.services -}}
{{- $service := mustMergeOverwrite (deepCopy $.Values.defaults) (deepCopy (default (dict) $own)) -}}
{{- if and $.Values.test.enabled (eq $name "orchestrator") -}}
{{- /* The pod of `helm test` asks it. */ -}}
{{- $method := "sluice.v1.Orchestrator/Moderate" -}}
{{- $_ := set $service.peers $method (append (default (list) (get $service.peers $method)) "test" | uniq) -}}
{{- end -}}
{{- if $service.enabled -}}{{- $_ := set $all $name $service -}}{{- end -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* What runs here beside the services, as a list in YAML. */}}
{{- define "sluice.others" -}}
{{- $found := list -}}
{{- if eq .Values.topics.mode "job" -}}{{- $found = append $found "topics" -}}{{- end -}}
{{- if .Values.hashes.sync.enabled -}}{{- $found = append $found "hash-sync" -}}{{- end -}}
{{- if .Values.triton.enabled -}}{{- $found = append $found "triton" -}}{{- end -}}
{{- if .Values.test.enabled -}}{{- $found = append $found "test" -}}{{- end -}}
{{- toYaml (concat $found .Values.networkPolicy.others) -}}
{{- end -}}

{{/* Names of the components that open or answer gRPC with a certificate, as a list in YAML. */}}
{{- define "sluice.certified" -}}
{{- $found := keys (include "sluice.services" . | fromYaml) | sortAlpha -}}
{{- if .Values.test.enabled -}}{{- $found = append $found "test" -}}{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* Name of the Secret with the certificate of a component. */}}
{{- define "sluice.tlsSecret" -}}
{{- include "sluice.component" . }}{{ .root.Values.tls.secretSuffix -}}
{{- end -}}

{{/* The kind of scaler of a service: hpa, keda or nothing. */}}
{{- define "sluice.scaler" -}}
{{- if and .service.autoscaling.enabled (not .service.persistence.enabled) -}}
{{- $hpa := or .root.Values.hpa.enabled (and .root.Values.keda.enabled (include "sluice.grouped" .service | eq "")) -}}
{{- if $hpa -}}hpa{{- else if .root.Values.keda.enabled -}}keda{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether partitions are shared out among its replicas; not of what is in no consumer group and answers HTTP. */}}
{{- define "sluice.grouped" -}}
{{- ternary "" "true" (and .http.enabled (not .group) (not .reads)) -}}
{{- end -}}
