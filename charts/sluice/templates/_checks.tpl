{{/* What a schema cannot see. Every message begins with the value that is to be mended. */}}
{{- define "sluice.check" -}}
{{- $v := .Values -}}
{{- $services := include "sluice.services" . | fromYaml -}}
{{- $partitions := int $v.kafka.partitions -}}

{{- include "sluice.checkNames" . -}}
{{- include "sluice.checkTls" . -}}
{{- include "sluice.checkRoads" . -}}
{{- include "sluice.checkStores" . -}}
{{- include "sluice.checkEvidence" . -}}
{{- include "sluice.checkTipline" . -}}
{{- include "sluice.checkGateway" . -}}
{{- include "sluice.checkVariables" . -}}

{{- if and $v.hpa.enabled $v.keda.enabled -}}
{{- fail "hpa.enabled and keda.enabled: both would change the same replicas; set one of them to false" -}}
{{- end -}}
{{- if and $v.keda.enabled (ne $v.kafka.securityProtocol "PLAINTEXT") (not $v.keda.existingSecret) -}}
{{- fail "keda.existingSecret is empty: KEDA needs a Kafka user of its own (username, password, ca) to read the lag" -}}
{{- end -}}
{{- range $name, $service := $services -}}
{{- $at := printf "services.%s" $name -}}
{{- $grouped := include "sluice.grouped" $service -}}
{{- if and $grouped (gt (int $service.replicas) $partitions) -}}
{{- fail (printf "%s.replicas is %d and kafka.partitions is %d: the replicas beyond would have nothing to read" $at (int $service.replicas) $partitions) -}}
{{- end -}}
{{- if include "sluice.scaler" (dict "root" $ "service" $service) -}}
{{- if and $grouped (gt (int $service.autoscaling.max) $partitions) -}}
{{- fail (printf "%s.autoscaling.max is %d and kafka.partitions is %d: the replicas beyond would have nothing to read" $at (int $service.autoscaling.max) $partitions) -}}
{{- end -}}
{{- if gt (int $service.autoscaling.min) (int $service.autoscaling.max) -}}
{{- fail (printf "%s.autoscaling.min is %d, more than its max, %d" $at (int $service.autoscaling.min) (int $service.autoscaling.max)) -}}
{{- end -}}
{{- if and $v.keda.enabled $grouped (not (and $service.group $service.reads)) -}}
{{- fail (printf "%s.group and %s.reads: scaling by lag needs both" $at $at) -}}
{{- end -}}
{{- end -}}
{{- $database := include "sluice.databaseVariable" $service -}}
{{- if and $service.persistence.enabled (gt (int $service.replicas) 1) -}}
{{- fail (printf "%s.replicas is %d with persistence.enabled: its volume is for one%s" $at (int $service.replicas) (ternary (printf "; take PostgreSQL (%s)" $database) "" (ne $database ""))) -}}
{{- end -}}
{{- if and $database (not $service.persistence.enabled) (not (include "sluice.database" $service)) -}}
{{- fail (printf "%s.persistence.enabled is false: its records would go with each pod, and each replica has its own; set env.%s to a postgresql:// address" $at $database) -}}
{{- end -}}
{{- if and $service.http.enabled (not $service.http.variable) -}}
{{- fail (printf "%s.http.variable is empty: it has no HTTP of its own" $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkNames" -}}
{{- $v := .Values -}}
{{- $known := concat (keys $v.services) (list "topics" "hash-sync" "triton" "test") $v.networkPolicy.others -}}
{{- range $row, $road := $v.egress -}}
{{- range include "sluice.travellers" (dict "root" $ "row" $row) | fromYamlArray -}}
{{- if not (has . $known) -}}
{{- fail (printf "egress.%s names %q, which is no component: there are %s" $row . (join ", " (sortAlpha $known))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $service := include "sluice.services" . | fromYaml -}}
{{- range $method, $callers := $service.peers -}}
{{- range $callers -}}
{{- if not (or (hasKey $v.clients .) (has . $known)) -}}
{{- fail (printf "services.%s.peers names %q, which is neither in clients nor a component" $name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkTls" -}}
{{- $v := .Values -}}
{{- $ask := $v.tls.certManager -}}
{{- if eq $v.tls.mode "certManager" -}}
{{- if and $ask.ownCa.enabled $ask.issuerRef.name -}}
{{- fail "tls.certManager.issuerRef.name and tls.certManager.ownCa.enabled: certificates come from one of them" -}}
{{- end -}}
{{- if not (or $ask.ownCa.enabled $ask.issuerRef.name) -}}
{{- fail "tls.certManager.issuerRef.name is empty: name an issuer, or set tls.certManager.ownCa.enabled" -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.kafka.securityProtocol "SSL") (not $v.kafka.tls.clientCertificates) (or (and (eq $v.topics.mode "job") $v.topics.job.access) (and (eq $v.topics.mode "strimzi") $v.topics.strimzi.users)) -}}
{{- fail "kafka.tls.clientCertificates is false and kafka.securityProtocol is SSL: everybody would be ANONYMOUS, and access lists have names" -}}
{{- end -}}
{{- range $ask.clients -}}
{{- if not (hasKey $v.clients .) -}}
{{- fail (printf "tls.certManager.clients names %q, which is not in clients" .) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.kafka.securityProtocol "SSL") (eq $v.topics.mode "strimzi") $v.topics.strimzi.users (ne $v.topics.strimzi.authentication "tls") -}}
{{- fail "topics.strimzi.authentication should be tls: kafka.securityProtocol is SSL" -}}
{{- end -}}
{{- if and (hasPrefix "SASL_" $v.kafka.securityProtocol) (eq $v.topics.mode "strimzi") $v.topics.strimzi.users (ne $v.topics.strimzi.authentication "scram-sha-512") -}}
{{- fail (printf "topics.strimzi.authentication should be scram-sha-512: kafka.securityProtocol is %s" $v.kafka.securityProtocol) -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkRoads" -}}
{{- $v := .Values -}}
{{- $services := include "sluice.services" . | fromYaml -}}
{{- range $v.egress.strangers.services -}}
{{- if ne . "ingest" -}}
{{- fail (printf "egress.strangers.services names %q: only ingest opens what strangers name" .) -}}
{{- end -}}
{{- end -}}
{{- if $v.networkPolicy.enabled -}}
{{- range $row, $road := $v.egress -}}
{{- if and $road.prefixes (not $road.to) (include "sluice.open" (dict "root" $ "row" $row)) (include "sluice.travellers" (dict "root" $ "row" $row) | fromYamlArray) -}}
{{- fail (printf "egress.%s.to is empty and objectStore.url is %s: say where the store is, as narrowly as you can" $row $v.objectStore.url) -}}
{{- end -}}
{{- end -}}
{{- range $name, $service := $services -}}
{{- if and (hasKey $service.env "SLUICE_FETCH_ALLOW") (not $v.egress.strangers.to) -}}
{{- fail (printf "egress.strangers.to is empty and services.%s.env.SLUICE_FETCH_ALLOW names hosts: nothing could be fetched" $name) -}}
{{- end -}}
{{- $database := include "sluice.databaseVariable" $service -}}
{{- if and $database (regexMatch "^postgres(ql)?://" (default "" (get $service.env $database))) (not $v.egress.database.to) -}}
{{- fail (printf "egress.database.to is empty and services.%s.env.%s names a server" $name $database) -}}
{{- end -}}
{{- end -}}
{{- if and $v.monitoring.otlpEndpoint (not $v.egress.telemetry.to) -}}
{{- fail "egress.telemetry.to is empty and monitoring.otlpEndpoint names a collector" -}}
{{- end -}}
{{- if and (regexMatch "^(awskms|gcpkms|azurekms|hashivault):" $v.c2pa.key) (not $v.egress.keys.to) -}}
{{- fail "egress.keys.to is empty and c2pa.key names a key management service" -}}
{{- end -}}
{{- if hasKey $services "reporter" -}}
{{- if and (not (hasPrefix "file://" $v.vault.url)) (not $v.egress.vault.to) -}}
{{- fail (printf "egress.vault.to is empty and vault.url is %s: say where that store is, as narrowly as you can" $v.vault.url) -}}
{{- end -}}
{{- if and (regexMatch "(awskms|gcpkms|azurekms|hashivault):" $v.vault.key) (not $v.egress.vaultKeys.to) -}}
{{- fail "egress.vaultKeys.to is empty and vault.key names a key management service" -}}
{{- end -}}
{{- if and $v.tipline.url (not $v.egress.ncmec.to) -}}
{{- fail "egress.ncmec.to is empty and tipline.url names a host: no report could be sent" -}}
{{- end -}}
{{- end -}}
{{- if and $v.c2pa.timestampAuthorities (not $v.egress.timestamps.to) -}}
{{- fail "egress.timestamps.to is empty and c2pa.timestampAuthorities names some" -}}
{{- end -}}
{{- if and $v.hashes.sync.enabled (not $v.egress.exchanges.to) -}}
{{- fail "egress.exchanges.to is empty and hashes.sync.enabled is true" -}}
{{- end -}}
{{- if and $v.triton.enabled (eq $v.triton.models.source "s3") (not $v.egress.modelStore.to) -}}
{{- fail "egress.modelStore.to is empty and triton.models.source is s3" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkStores" -}}
{{- $v := .Values -}}
{{- $services := include "sluice.services" . | fromYaml -}}
{{- if and (hasPrefix "file://" $v.objectStore.url) (not (hasPrefix "file:///var/lib/sluice/" $v.objectStore.url)) -}}
{{- fail (printf "objectStore.url is %q: the volume is mounted below file:///var/lib/sluice/" $v.objectStore.url) -}}
{{- end -}}
{{- if and $v.objectStore.existingSecret (not (contains "NAME" $v.objectStore.existingSecret)) (not $v.objectStore.sharedSecret) -}}
{{- fail (printf "objectStore.existingSecret is %q, without NAME: every service would have the same credentials, and could read every prefix; objectStore.sharedSecret says that this is meant" $v.objectStore.existingSecret) -}}
{{- end -}}
{{- if and (eq $v.models.source "volume") (not $v.models.volume.existingClaim) -}}
{{- fail "models.volume.existingClaim is empty and models.source is volume" -}}
{{- end -}}
{{- if and (eq $v.models.source "oci") (not $v.models.oci.reference) -}}
{{- fail "models.oci.reference is empty and models.source is oci" -}}
{{- end -}}
{{- if hasKey $services "policy-shadow" -}}
{{- if not (or $v.policy.shadow.text $v.policy.shadow.existingConfigMap) -}}
{{- fail "policy.shadow.text is empty and services.policy-shadow.enabled is true: it needs a policy to try" -}}
{{- end -}}
{{- end -}}
{{- if and $v.hashes.store.banks (not $v.hashes.sync.enabled) -}}
{{- fail "hashes.store.banks: the list sync writes it into the store; set hashes.sync.enabled, or write banks.yaml yourself" -}}
{{- end -}}
{{- if $v.hashes.sync.enabled -}}
{{- $image := $v.hashes.sync.image -}}
{{- if not (or $image.repository $image.tag $image.digest) -}}
{{- fail "hashes.sync.image is empty and hashes.sync.enabled is true: the matcher's image has no clients of exchanges (docs/kubernetes.md, Known content)" -}}
{{- end -}}
{{- if not $v.hashes.store.enabled -}}
{{- fail "hashes.store.enabled is false and hashes.sync.enabled is true: there is nowhere to write to" -}}
{{- end -}}
{{- if not (and $v.hashes.sync.sources $v.hashes.store.banks) -}}
{{- fail "hashes.sync.sources and hashes.store.banks: the list sync needs both" -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.topics.mode "job") $v.topics.job.access (eq $v.kafka.securityProtocol "PLAINTEXT") -}}
{{- fail "topics.job.access is true and kafka.securityProtocol is PLAINTEXT: nobody has a name there to grant anything to" -}}
{{- end -}}
{{- if $v.triton.enabled -}}
{{- $models := $v.triton.models -}}
{{- $named := dict "pvc" $models.pvc.existingClaim "oci" $models.oci.reference "copy" $models.copy.reference "s3" $models.s3.url -}}
{{- if not (get $named $models.source) -}}
{{- fail (printf "triton.models.%s.%s is empty and triton.models.source is %s" $models.source (get (dict "pvc" "existingClaim" "oci" "reference" "copy" "reference" "s3" "url") $models.source) $models.source) -}}
{{- end -}}
{{- end -}}
{{- if and $v.externalSecrets.enabled (not $v.externalSecrets.storeRef.name) -}}
{{- fail "externalSecrets.storeRef.name is empty and externalSecrets.enabled is true" -}}
{{- end -}}
{{- end -}}

{{/* The variable that says where a service keeps its records; empty: it keeps none. */}}
{{- define "sluice.databaseVariable" -}}
{{- if has "anchors" .needs -}}SLUICE_PROVENANCE_DB{{- else if has "vault" .needs -}}SLUICE_REPORTER_DB{{- else if has "apiKeys" .needs -}}SLUICE_GATEWAY_DB{{- end -}}
{{- end -}}

{{/* Whether they lie in PostgreSQL, as far as values say: a Secret may have the address. */}}
{{- define "sluice.database" -}}
{{- $variable := include "sluice.databaseVariable" . -}}
{{- $found := regexMatch "^postgres(ql)?://" (default "" (get .env $variable)) -}}
{{- range .extraEnv -}}{{- if and (eq .name $variable) .valueFrom -}}{{- $found = true -}}{{- end -}}{{- end -}}
{{- ternary "true" "" $found -}}
{{- end -}}

{{/* Evidence lies where nothing else does, and lasts. */}}
{{- define "sluice.checkEvidence" -}}
{{- $v := .Values -}}
{{- with get (include "sluice.services" . | fromYaml) "reporter" -}}
{{- $vault := trimSuffix "/" $v.vault.url -}}
{{- $store := trimSuffix "/" $v.objectStore.url -}}
{{- if hasPrefix "file://" $vault -}}
{{- if not (hasPrefix "file:///var/lib/sluice/" $vault) -}}
{{- fail (printf "vault.url is %q: the volume is mounted below file:///var/lib/sluice/" $v.vault.url) -}}
{{- end -}}
{{- if not .persistence.enabled -}}
{{- fail (printf "vault.url is %q and services.reporter.persistence.enabled is false: evidence would go with the pod" $v.vault.url) -}}
{{- end -}}
{{- if or (hasPrefix (printf "%s/" $store) (printf "%s/" $vault)) (hasPrefix (printf "%s/" $vault) (printf "%s/" $store)) -}}
{{- fail (printf "vault.url is %q and objectStore.url %q: one lies in the other, and evidence is for the reporter alone" $v.vault.url $v.objectStore.url) -}}
{{- end -}}
{{- else -}}
{{- $bucket := regexFind "^[a-z0-9]+://[^/]+" $vault -}}
{{- if eq $bucket (regexFind "^[a-z0-9]+://[^/]+" $store) -}}
{{- fail (printf "vault.url and objectStore.url are in one bucket, %s: evidence needs one that nobody else reaches" $bucket) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int .replicas) 1) (not $v.vault.anchor.existingClaim) (not (has "ReadWriteMany" $v.vault.anchor.accessModes)) -}}
{{- fail (printf "vault.anchor.accessModes is without ReadWriteMany and services.reporter.replicas is %d: they share the audit log's head" (int .replicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What is sent is sent by somebody, with credentials, to whom it is meant for. */}}
{{- define "sluice.checkTipline" -}}
{{- $v := .Values -}}
{{- $tip := $v.tipline -}}
{{- if hasKey (include "sluice.services" . | fromYaml) "reporter" -}}
{{- if $tip.url -}}
{{- if not $tip.existingSecret -}}
{{- fail "tipline.existingSecret is empty and tipline.url names a host: nothing is taken there without credentials" -}}
{{- end -}}
{{- range $name, $value := $tip.reporter -}}
{{- if not $value -}}
{{- fail (printf "tipline.reporter.%s is empty and tipline.url names a host: a report says who sends it" $name) -}}
{{- end -}}
{{- end -}}
{{- if and (hasPrefix "http://" $tip.url) (not $tip.simulator) -}}
{{- fail (printf "tipline.url is %q: only a simulator (tipline.simulator) is asked without TLS" $tip.url) -}}
{{- end -}}
{{- if and $tip.simulator (regexMatch "(?i)^https?://([^/]*\\.)?cybertip\\.org\\.?([:/]|$)" $tip.url) -}}
{{- fail (printf "tipline.simulator is true and tipline.url is %q: that is NCMEC's own host" $tip.url) -}}
{{- end -}}
{{- else if $tip.simulator -}}
{{- fail "tipline.simulator is true and tipline.url is empty: say where it is" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Who comes from outside is let in by somebody, finds something, and does not send keys in the clear unawares. */}}
{{- define "sluice.checkGateway" -}}
{{- $v := .Values -}}
{{- $services := include "sluice.services" . | fromYaml -}}
{{- $doors := list -}}
{{- range $name, $door := pick $v.gateway "ingress" "route" -}}{{- if $door.enabled -}}{{- $doors = append $doors $name -}}{{- end -}}{{- end -}}
{{- with get $services "gateway" -}}
{{- range list "orchestrator" "ingest" -}}
{{- if not (hasKey $services .) -}}
{{- fail (printf "services.%s.enabled is false and services.gateway.enabled is true: the gateway asks it for every answer" .) -}}
{{- end -}}
{{- end -}}
{{- if not .http.enabled -}}
{{- fail "services.gateway.http.enabled is false: HTTP is all that the gateway is for" -}}
{{- end -}}
{{- if and $doors $v.networkPolicy.enabled (not .http.from) -}}
{{- fail (printf "services.gateway.http.from is empty and gateway.%s.enabled is true: say where its controller's pods are, for nobody would reach the door" (first $doors)) -}}
{{- end -}}
{{- else -}}
{{- if $doors -}}
{{- fail (printf "gateway.%s.enabled is true and services.gateway.enabled is false: there is nothing behind it" (first $doors)) -}}
{{- end -}}
{{- end -}}
{{- range $doors -}}
{{- if not (get $v.gateway .).hosts -}}
{{- fail (printf "gateway.%s.hosts is empty: it would take every name that comes" .) -}}
{{- end -}}
{{- end -}}
{{- $in := $v.gateway.ingress -}}
{{- if and $in.enabled (not $in.tlsSecret) (not $in.plainHttp) -}}
{{- fail "gateway.ingress.tlsSecret is empty: API keys would travel in the clear; gateway.ingress.plainHttp says that something else ends TLS" -}}
{{- end -}}
{{- if and $in.tlsSecret $in.plainHttp -}}
{{- fail "gateway.ingress.plainHttp is true and gateway.ingress.tlsSecret names a certificate: say one of them" -}}
{{- end -}}
{{- if and $v.gateway.route.enabled (not $v.gateway.route.parentRefs) -}}
{{- fail "gateway.route.parentRefs is empty and gateway.route.enabled is true: name a Gateway, and its listener with TLS" -}}
{{- end -}}
{{- end -}}

{{/* No secret, and nothing that undoes what the chart says of the doors, in any value that becomes a variable. */}}
{{- define "sluice.checkVariables" -}}
{{- $v := .Values -}}
{{- range $name, $value := $v.objectStore.env -}}
{{- include "sluice.checkVariable" (dict "at" (printf "objectStore.env.%s" $name) "name" $name "value" $value) -}}
{{- end -}}
{{- range $service, $entry := include "sluice.services" . | fromYaml -}}
{{- range $name, $value := $entry.env -}}
{{- include "sluice.checkVariable" (dict "at" (printf "services.%s.env.%s" $service $name) "name" $name "value" $value) -}}
{{- end -}}
{{- range $entry.extraEnv -}}
{{- $at := printf "services.%s.extraEnv, %s" $service .name -}}
{{- include "sluice.checkOwned" (dict "at" $at "name" .name) -}}
{{- if hasKey . "value" -}}
{{- include "sluice.checkVariable" (dict "at" $at "name" .name "value" .value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $told := dict "objectStore.url" $v.objectStore.url "vault.url" $v.vault.url "vault.key" $v.vault.key "tipline.url" $v.tipline.url "c2pa.key" $v.c2pa.key "c2pa.timestampAuthorities" (join " " $v.c2pa.timestampAuthorities) "monitoring.otlpEndpoint" $v.monitoring.otlpEndpoint "triton.models.s3.url" $v.triton.models.s3.url -}}
{{- range $at, $value := $told -}}
{{- include "sluice.checkValue" (dict "at" $at "value" $value) -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkVariable" -}}
{{- include "sluice.checkOwned" . -}}
{{- if and (regexMatch "(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|KEY_ID|_PIN|HEADERS|CONNECTION_STRING|CREDENTIALS_JSON)$" .name) (ne .name "SLUICE_C2PA_KEY") -}}
{{- fail (printf "%s: a secret does not belong into values; name its Secret in envFrom, or in extraEnv with secretKeyRef" .at) -}}
{{- end -}}
{{- include "sluice.checkValue" . -}}
{{- end -}}

{{- define "sluice.checkValue" -}}
{{- if regexMatch "(?i)(://[^/?#@\\s]*:[^/?#@\\s]+@|[?&;](password|pin-value|sslpassword|token|sig)=|PRIVATE KEY)" (toString .value) -}}
{{- fail (printf "%s holds a password: a secret does not belong into values; name its Secret in envFrom, or in extraEnv with secretKeyRef" .at) -}}
{{- end -}}
{{- end -}}

{{/* What the chart says of a pod's name, its doors, its user, evidence, reports and keys is said by values of their own. */}}
{{- define "sluice.checkOwned" -}}
{{- if regexMatch "^(SLUICE_(INSTANCE|GRPC_ADDRESS|GRPC_PLAINTEXT|HEALTH_ADDRESS|OPS_ADDRESS|TLS_DIR|PEERS|VAULT(_(KEY|ANCHOR|PEOPLE))?|REPORTER_(HOLD|FIRST_NAME|LAST_NAME|EMAIL|SERVICE)|TIPLINE_(URL|USER|PASSWORD|USER_FILE|PASSWORD_FILE|SCHEMA|CA|SIMULATOR)|GATEWAY_ADDRESS|ORCHESTRATOR_ADDRESS|INGEST_ADDRESS|CLIENT_TLS_DIR|API_KEY(_FILE)?)|KAFKA_(BOOTSTRAP_SERVERS|SECURITY_PROTOCOL|SASL_(MECHANISM|USERNAME|PASSWORD_FILE)|SSL_(CA|CERTIFICATE|KEY)_LOCATION))$" .name -}}
{{- fail (printf "%s: the chart sets this variable, from kafka, tls, peers, vault, tipline and gateway, and nobody else may" .at) -}}
{{- end -}}
{{- end -}}
