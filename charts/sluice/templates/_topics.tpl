{{/* The pod that makes the topics, with its labels. */}}
{{- define "sluice.topicsTemplate" -}}
metadata:
  labels:
    {{- include "sluice.labels" .it | nindent 4 }}
spec:
  {{- include "sluice.topicsPod" . | nindent 2 }}
{{- end -}}

{{- define "sluice.topicsPod" -}}
{{- include "sluice.podSecurity" (dict "root" .root "user" 10001) }}
serviceAccountName: {{ include "sluice.component" .it }}
restartPolicy: OnFailure
containers:
  - name: topics
    {{- include "sluice.borrowedImage" (dict "root" .root "name" "orchestrator" "image" .root.Values.topics.job.image) | nindent 4 }}
    args: {{ toJson .args }}
    env:
      {{- include "sluice.kafkaEnv" .it | nindent 6 }}
      - {name: SLUICE_PARTITIONS, value: {{ int .root.Values.kafka.partitions | quote }}}
      - {name: SLUICE_REPLICATION, value: {{ int .root.Values.kafka.replication | quote }}}
    resources:
      {{- toYaml .root.Values.topics.job.resources | nindent 6 }}
    {{- include "sluice.containerSecurity" . | nindent 4 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      - {name: home, mountPath: /var/lib/sluice}
      {{- include "sluice.kafkaMounts" .it | nindent 6 }}
volumes:
  - {name: tmp, emptyDir: {sizeLimit: {{ .root.Values.defaults.scratch.tmp }}}}
  - {name: home, emptyDir: {sizeLimit: {{ .root.Values.defaults.scratch.home }}}}
  {{- include "sluice.kafkaVolumes" .it | nindent 2 }}
{{- end -}}
