import { join } from 'node:path';
import { BackgroundCounts } from '../../../src/compress/text/background.ts';
import type { CompressPlan } from '../../../src/pool/compress/messages.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A plan whose background and probes are a few words about jobs. */
export function smallPlan(method: CompressPlan['method'] = 'search'): CompressPlan {
  const counts = new BackgroundCounts();
  for (const text of ['the nurse of a clinic', 'the baker of a town', 'a night in the town']) {
    counts.add(text);
  }
  const folder = temporaryFolder({
    'background.json.gz': counts.finish(1),
    'probes.txt': 'nurse\nbaker\nnight work\nclinic\nbread\ncare\nwaiter\ndriver\n',
  });
  return {
    method,
    effort: 'quick',
    budget: { titled: 8, untitled: 12 },
    background: join(folder, 'background.json.gz'),
    probes: join(folder, 'probes.txt'),
  };
}
