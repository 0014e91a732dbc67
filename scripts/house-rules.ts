/**
 * The rules for the source tree. scripts/house-faults.json lists the faults that it still has. A
 * fault that is fixed must be removed from there, so the list can only get shorter:
 *
 *     npm run house      removes fixed faults, and fails if there are new ones
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureHouse, readHouse, roomSizes, type SourceFile } from './house.ts';

/** A room with more files than this is divided. */
const maxRoomFiles = 12;
/** A file with fewer lines than this may be tested through its neighbours. */
const minTestedLines = 60;

/** Faults by rule. Counts are of the whole tree; lists name the files or rooms. */
export interface Faults {
  wideComments: number;
  literalSpreads: number;
  /** Not counted in numerics rooms, whose inner loops may have a default. */
  indexDefaults: number;
  /** Files or rooms that import each other in a circle, joined by a space. */
  circles: string[];
  /** Rooms with more files than allowed. */
  crowdedRooms: string[];
  /** Source files without a test file of their name. */
  untestedFiles: string[];
}

const projectRoot = fileURLToPath(new URL('../', import.meta.url));
const knownFile = join(projectRoot, 'scripts/house-faults.json');

export function readKnownFaults(): Faults {
  return JSON.parse(readFileSync(knownFile, 'utf8')) as Faults;
}

export function findFaults(root = projectRoot): Faults {
  const files = readHouse(['src', 'workers', 'bench', 'test', 'scripts'], root);
  const figures = measureHouse(files);
  const numerics = measureHouse(files.filter(({ path }) => path.includes('/numerics/')));
  return {
    wideComments: figures.wideComments,
    literalSpreads: figures.literalSpreads,
    indexDefaults: figures.indexDefaults - numerics.indexDefaults,
    circles: [...figures.fileCircles, ...figures.roomCircles].map((each) => each.join(' ')).sort(),
    crowdedRooms: [...roomSizes(files)]
      .filter(([, size]) => size > maxRoomFiles)
      .map(([room]) => room)
      .sort(),
    untestedFiles: files
      .filter((file) => needsTest(file) && !existsSync(join(root, testOf(file.path))))
      .map(({ path }) => path),
  };
}

function needsTest({ path, lines, hasLogic }: SourceFile): boolean {
  return /^(src|workers)\//.test(path) && lines >= minTestedLines && hasLogic;
}

/** src/text/template.ts has its tests in test/text/template.test.ts. */
export function testOf(path: string): string {
  return join('test', path.replace(/^src\//, '').replace(/\.ts$/, '.test.ts'));
}

/** The known faults without the fixed ones, and the faults that are new. */
export function compareFaults(known: Faults, found: Faults): { left: Faults; added: string[] } {
  const left = { ...known };
  const added: string[] = [];
  for (const rule of ['wideComments', 'literalSpreads', 'indexDefaults'] as const) {
    left[rule] = Math.min(known[rule], found[rule]);
    if (found[rule] > known[rule]) {
      added.push(`${rule}: ${found[rule]}; at most ${known[rule]} are allowed`);
    }
  }
  for (const rule of ['circles', 'crowdedRooms', 'untestedFiles'] as const) {
    left[rule] = known[rule].filter((each) => found[rule].includes(each));
    const more = found[rule].filter((each) => !known[rule].includes(each));
    added.push(...more.map((each) => `${rule}: ${each}`));
  }
  return { left, added };
}

/** JSON as the formatter writes it: a list that fits in 200 columns is one line. */
function formatFaults(faults: Faults): string {
  const fields = Object.entries(faults).map(([rule, value]: [string, number | string[]]) => {
    const items = Array.isArray(value) ? value.map((each) => JSON.stringify(each)) : [];
    const line = `  "${rule}": ${Array.isArray(value) ? `[${items.join(', ')}]` : value}`;
    return line.length < 200 ? line : `  "${rule}": [\n    ${items.join(',\n    ')}\n  ]`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { left, added } = compareFaults(readKnownFaults(), findFaults());
  writeFileSync(knownFile, formatFaults(left));
  if (added.length > 0) {
    console.error(`the source tree has new faults:\n  ${added.join('\n  ')}`);
    process.exitCode = 1;
  }
}
