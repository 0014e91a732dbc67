{{/* A value as the text of a variable. Numbers of values files are floats, which would become 4.294967296e+09. */}}
{{- define "slmrank.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}
{{ printf "%.0f" . }}
{{- else -}}
{{ toString . }}
{{- end -}}
{{- end -}}

{{/* Whole cores of the cpu request, as the server counts a quota. */}}
{{- define "slmrank.cores" -}}
{{- $text := include "slmrank.text" .Values.resources.requests.cpu -}}
{{- $cores := hasSuffix "m" $text | ternary (div (trimSuffix "m" $text | int) 1000) (floor (float64 $text) | int) -}}
{{- if lt (int $cores) 1 -}}
{{- fail (printf "resources.requests.cpu is %s; a server needs at least one whole core" $text) -}}
{{- end -}}
{{ $cores }}
{{- end -}}

{{- define "slmrank.devices" -}}
{{- if eq .Values.device "cpu" -}}
cpu:{{ min 256 (include "slmrank.cores" . | int) }}
{{- else -}}
{{- $gpu := .Values.gpu -}}
{{- if and (contains "/mig-" $gpu.resource) (gt (int $gpu.count) 1) -}}
{{- fail (printf "gpu.count is %v with gpu.resource %s; a process sees one MIG instance: use gpu.count 1 and more replicas" $gpu.count $gpu.resource) -}}
{{- end -}}
{{- $devices := list -}}
{{- range until (int $gpu.count) -}}
{{- $devices = append $devices (printf "cuda:%d%s" . (gt (int $gpu.replicasPerGpu) 0 | ternary (printf "*%d" (int $gpu.replicasPerGpu)) "")) -}}
{{- end -}}
{{ join "," $devices }}
{{- end -}}
{{- end -}}

{{/* One of eight cores, on cuda three of eight, and 1 to 64: the server's own default, of the request. */}}
{{- define "slmrank.encoders" -}}
{{- $share := eq .Values.device "cuda" | ternary 3 1 -}}
{{ max 1 (min 64 (div (mul (include "slmrank.cores" . | int) $share) 8)) }}
{{- end -}}

{{/* Settings that have a value of their own in this chart, with its name. */}}
{{- define "slmrank.owned" -}}
SLMRANK_ADDRESS: bindHost
SLMRANK_HTTP_ADDRESS: http.enabled
SLMRANK_METRICS_ADDRESS: bindHost
SLMRANK_ADMIN_ADDRESS: kubectl port-forward, as the admin service stays on the pod's loopback
SLMRANK_MODEL: model
SLMRANK_DRAIN_MS: shutdown.drainMs
SLMRANK_TLS_CERT: tls.secretName
SLMRANK_TLS_KEY: tls.secretName
SLMRANK_TLS_CLIENT_CA: tls.clientCaSecretName
SLMRANK_API_KEYS: apiKeys.secretName
SLMRANK_ITEMS: items.enabled
SLMRANK_ITEMS_MAX_BYTES: items.sizeGi
{{- end -}}

{{/* The variables of the container: what the chart decides, then .Values.settings. */}}
{{- define "slmrank.variables" -}}
{{- $owned := include "slmrank.owned" . | fromYaml -}}
{{- $places := dict -}}
{{- range $place := list "settings" "secretSettings" "secretFiles" -}}
{{- range $name := keys (get $.Values $place) | sortAlpha -}}
{{- with get $owned $name -}}
{{- fail (printf "%s.%s cannot be set; use %s" $place $name .) -}}
{{- end -}}
{{- with get $places $name -}}
{{- fail (printf "%s is in %s and in %s; keep one of them" $name . $place) -}}
{{- end -}}
{{- $_ := set $places $name $place -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if hasPrefix "SLMRANK_" .name -}}
{{- fail (printf "extraEnv has %s; settings of slmrank belong into settings, secretSettings or secretFiles" .name) -}}
{{- end -}}
{{- end -}}
{{- $variables := dict
  "SLMRANK_ADDRESS" (printf "%s:50051" .Values.bindHost)
  "SLMRANK_METRICS_ADDRESS" (printf "%s:9464" .Values.bindHost)
  "SLMRANK_MODEL" (list "/model" .Values.model.folder | compact | join "/")
  "SLMRANK_DEVICES" (include "slmrank.devices" .)
  "SLMRANK_ENCODERS" (include "slmrank.encoders" .)
  "SLMRANK_DRAIN_MS" (include "slmrank.text" .Values.shutdown.drainMs)
-}}
{{- if .Values.http.enabled -}}
{{- $_ := set $variables "SLMRANK_HTTP_ADDRESS" (printf "%s:8080" .Values.bindHost) -}}
{{- end -}}
{{- if .Values.tls.secretName -}}
{{- $_ := set $variables "SLMRANK_TLS_CERT" "/secrets/tls/tls.crt" -}}
{{- $_ := set $variables "SLMRANK_TLS_KEY" "/secrets/tls/tls.key" -}}
{{- end -}}
{{- if .Values.tls.clientCaSecretName -}}
{{- $_ := set $variables "SLMRANK_TLS_CLIENT_CA" "/secrets/client-ca/ca.crt" -}}
{{- end -}}
{{- if .Values.apiKeys.secretName -}}
{{- $_ := set $variables "SLMRANK_API_KEYS" (printf "/secrets/api-keys/%s" .Values.apiKeys.key) -}}
{{- end -}}
{{- if .Values.items.enabled -}}
{{- $_ := set $variables "SLMRANK_ITEMS" "/items/store" -}}
{{- $_ := set $variables "SLMRANK_ITEMS_MAX_BYTES" (div (mul (int .Values.items.sizeGi) 1073741824 9) 10 | toString) -}}
{{- end -}}
{{- range $name, $value := .Values.settings -}}
{{- $_ := set $variables $name (include "slmrank.text" $value) -}}
{{- end -}}
{{- range $name, $from := .Values.secretFiles -}}
{{- $_ := set $variables $name (printf "/secrets/%s/%s" (include "slmrank.folderOf" $name) $from.key) -}}
{{- end -}}
{{- range $name := keys .Values.secretSettings -}}
{{- $variables = omit $variables $name -}}
{{- end -}}
{{ toYaml $variables }}
{{- end -}}

{{/* From the pod's removal to its end: sleep, lame duck (src/server/server.ts), drain, and a margin to close. */}}
{{- define "slmrank.graceSeconds" -}}
{{- $preStop := int .Values.shutdown.preStopSeconds -}}
{{- $drain := divf .Values.shutdown.drainMs 1000 | ceil | int -}}
{{- $lameDuck := 1 -}}
{{- $margin := 10 -}}
{{- $least := add $preStop $lameDuck $drain $margin -}}
{{- $given := .Values.shutdown.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given -}}
{{ $least }}
{{- else if lt (int $given) (int $least) -}}
{{- fail (printf "shutdown.terminationGracePeriodSeconds is %v; at least %d are needed: %d (shutdown.preStopSeconds) + %d (lame duck) + %d (shutdown.drainMs) + %d (to close)" $given $least $preStop $lameDuck $drain $margin) -}}
{{- else -}}
{{ int $given }}
{{- end -}}
{{- end -}}

{{/* The secrets that become folders of /secrets, by the folder's name. */}}
{{- define "slmrank.secretVolumes" -}}
{{- with .Values.tls.secretName }}
tls: {{ . }}
{{- end }}
{{- with .Values.tls.clientCaSecretName }}
client-ca: {{ . }}
{{- end }}
{{- with .Values.apiKeys.secretName }}
api-keys: {{ . }}
{{- end }}
{{- range $name, $from := .Values.secretFiles }}
{{ include "slmrank.folderOf" $name }}: {{ $from.secretName }}
{{- end }}
{{- end -}}

{{/* SLMRANK_NAME_FILE -> name-file */}}
{{- define "slmrank.folderOf" -}}
{{ trimPrefix "SLMRANK_" . | lower | replace "_" "-" }}
{{- end -}}
