// count-tests.js JEST_JSON: prints 'PASSED FAILED SKIPPED' on standard output; what was skipped, loudly, on the other.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ fullName, status }) => ({ name: `${name} > ${fullName}`, status })),
);
const named = (...statuses) => tests.filter(({ status }) => statuses.includes(status));
const skipped = named('pending', 'skipped', 'todo', 'disabled');
const unloaded = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
for (const { name } of named('failed')) {
  console.error(`FAILED   ${name}`);
}
for (const { name } of unloaded) {
  console.error(`FAILED   ${name}: the file could not be run`);
}
for (const { name } of skipped) {
  console.error(`SKIPPED  ${name}`);
}
if (skipped.length > 0) {
  console.error(`\n!!! ${skipped.length} TESTS WERE SKIPPED, listed above !!!`);
}
const passed = named('passed').length;
const failed = named('failed').length + unloaded.length;
console.log(`${passed} ${passed + failed === 0 ? 1 : failed} ${skipped.length}`);
