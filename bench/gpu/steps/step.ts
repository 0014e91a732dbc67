import { messageOf } from '../../../src/base/errors.ts';
import { type ModelName, openModel } from '../models.ts';
import type { Row, StepName, StepOptions } from '../plan.ts';
import { profileOperators } from './operators.ts';
import { measureRates } from './rates.ts';
import { measureReplicas } from './replicas.ts';
import { compareScores } from './scores.ts';
import { buildServedModel } from './served-model.ts';
import { measureServer } from './server.ts';

// The process of one step: `step.js NAME OPTIONS`, or of one build: `step.js build OPTIONS MODEL`.
// Its rows go to the parent one by one, so that those before a crash are kept.

type Run = (options: StepOptions, report: (row: Row) => void) => Promise<void>;
const runs: Readonly<Record<StepName, Run>> = {
  scores: compareScores,
  rates: measureRates,
  server: measureServer,
  replicas: measureReplicas,
  operators: profileOperators,
};

async function build(name: string, options: StepOptions): Promise<void> {
  if (name === 'served') {
    await buildServedModel(options);
    return;
  }
  const model = name as ModelName;
  await openModel(model, options.outDir);
  if (options.compared.includes(model)) {
    await openModel(model, options.outDir, 'fp32');
  }
}

const [name = '', json = '', model = ''] = process.argv.slice(2);
const options = JSON.parse(json) as StepOptions;
try {
  await (name === 'build'
    ? build(model, options)
    : runs[name as StepName](options, (row) => process.send?.(row)));
} catch (error) {
  process.stderr.write(`${name} ${model}: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
process.disconnect();
