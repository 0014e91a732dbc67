{{- define "slmrank.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "slmrank.headlessName" -}}
{{ include "slmrank.name" . }}-headless
{{- end -}}

{{- define "slmrank.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "slmrank.labels" -}}
{{ include "slmrank.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "slmrank.kind" -}}
{{ ternary "StatefulSet" "Deployment" .Values.items.enabled }}
{{- end -}}

{{- define "slmrank.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "slmrank.name" .) }}
{{- end -}}
