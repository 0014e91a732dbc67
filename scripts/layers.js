/**
 * Which room may import which, from the lowest up: a room may import only the rooms in its list,
 * which are all above it in this table. ESLint checks it (house/layers in eslint.config.js).
 */
export const layers = {
  'src/base': [],
  'src/page': [],
  'src/proto': [],
  'src/text': ['src/base'],
  'src/batch': ['src/base'],
  'src/model': ['src/base', 'src/text', 'src/batch'],
  'src/valkey': ['src/base'],
  'src/domain': ['src/base', 'src/model', 'src/valkey'],
  'src/items': ['src/base', 'src/valkey'],
  'src/config': ['src/base'],
  'src/encode': ['src/base', 'src/text', 'src/model', 'src/domain', 'src/batch'],
  'src/compress': ['src/base', 'src/text', 'src/model', 'src/encode', 'src/batch'],
  'src/states': ['src/base', 'src/batch'],
  'src/engine': ['src/base', 'src/model', 'src/batch', 'src/states'],
  'src/cache': ['src/base', 'src/domain', 'src/valkey'],
  'src/schedule': ['src/base', 'src/domain', 'src/batch'],
  'src/pool': [
    'src/base',
    'src/config',
    'src/model',
    'src/domain',
    'src/text',
    'src/batch',
    'src/encode',
    'src/compress',
    'src/schedule',
  ],
  workers: ['src/base', 'src/text', 'src/pool', 'src/encode', 'src/compress', 'src/engine'],
  'src/pipeline': [
    'src/base',
    'src/config',
    'src/model',
    'src/domain',
    'src/text',
    'src/batch',
    'src/encode',
    'src/cache',
    'src/states',
    'src/schedule',
    'src/pool',
  ],
  'src/observe': [
    'src/base',
    'src/config',
    'src/valkey',
    'src/domain',
    'src/items',
    'src/cache',
    'src/pipeline',
  ],
  'src/desk': [
    'src/base',
    'src/config',
    'src/domain',
    'src/items',
    'src/model',
    'src/text',
    'src/pipeline',
    'src/observe',
  ],
  'src/server': [
    'src/base',
    'src/proto',
    'src/config',
    'src/domain',
    'src/model',
    'src/text',
    'src/items',
    'src/schedule',
    'src/pipeline',
    'src/observe',
    'src/encode',
    'src/desk',
  ],
  'src/client': ['src/base', 'src/proto'],
  'src/toolchain': [
    'src/base',
    'src/config',
    'src/model',
    'src/text',
    'src/batch',
    'src/encode',
    'src/engine',
  ],
  'src/simulate': ['src/base', 'src/domain', 'src/batch', 'src/schedule', 'src/observe'],
  'src/eval': [
    'src/base',
    'src/config',
    'src/domain',
    'src/model',
    'src/text',
    'src/batch',
    'src/encode',
    'src/compress',
    'src/schedule',
    'src/pool',
    'src/pipeline',
  ],
  'src/eval/report': [
    'src/base',
    'src/page',
    'src/config',
    'src/model',
    'src/text',
    'src/toolchain',
    'src/eval',
  ],
  'src/eval/context': [
    'src/base',
    'src/page',
    'src/domain',
    'src/compress',
    'src/eval',
    'src/eval/report',
  ],
};

/**
 * Each heavy library has one door: the rooms that may import it. Benches, tests and examples may
 * import anything.
 */
const doors = [
  {
    library: /^(@grpc\/|grpc-health-check$)/,
    rooms: ['src/proto', 'src/server', 'src/client'],
  },
  { library: /^(fastify|@sinclair\/typebox(\/.*)?|htm|uplot)$/, rooms: ['src/server'] },
  { library: /^piscina$/, rooms: ['src/pool'] },
  { library: /^onnxruntime-node$/, rooms: ['src/engine'] },
  { library: /^protobufjs(\/|$)/, rooms: ['src/toolchain/graph/onnx'] },
  { library: /^entities(\/|$)/, rooms: ['src/text'] },
  { library: /^lru-cache$/, rooms: ['src/cache'] },
  { library: /^lmdb$/, rooms: ['src/items'] },
  { library: /^ioredis$/, rooms: ['src/valkey'] },
  { library: /^(prom-client$|@opentelemetry\/)/, rooms: ['src/observe'] },
];

/** The fault of an import of a package, or undefined. */
export function doorFault(from, library) {
  const door = doors.find((each) => each.library.test(library));
  return door === undefined || door.rooms.some((room) => from.startsWith(`${room}/`))
    ? undefined
    : `${library} is used only in ${door.rooms.join(', ')}.`;
}

/**
 * The room of a source file ('src/schedule' of 'src/schedule/costs/cost.ts'), if the table has it;
 * the innermost where one room is inside another.
 */
export function roomOf(path) {
  return Object.keys(layers).findLast((room) => path.startsWith(`${room}/`));
}

/** The fault of an import, or undefined. Both paths are relative to the project's root. */
export function layerFault(from, to) {
  const [room, target] = [roomOf(from), roomOf(to)];
  if (room === undefined || room === target) {
    return undefined;
  }
  if (target === undefined) {
    return to.startsWith('src/') || to.startsWith('bench/')
      ? `${room} may not import ${to}: only commands and main.ts stand above the rooms.`
      : undefined;
  }
  return layers[room].includes(target)
    ? undefined
    : `${room} may not import ${target}: scripts/layers.js lists what it may import.`;
}
