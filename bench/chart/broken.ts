import { isMap, parseAllDocuments, type YAMLMap } from 'yaml';

export const wrongField = 'notAField';

/**
 * The same manifests, each with a field that its kind does not have: a workload in its container,
 * the others in `spec`.
 */
export function breakEach(manifests: string): string {
  return parseAllDocuments(manifests)
    .filter((document) => document.contents !== null)
    .map((document) => {
      const container = document.getIn(['spec', 'template', 'spec', 'containers', 0]);
      const spec = document.get('spec');
      const place = [container, spec, document.contents].find((each) => isMap(each));
      (place as YAMLMap).set(wrongField, true);
      // JSON is YAML too.
      return JSON.stringify(document.toJS());
    })
    .join('\n---\n');
}
