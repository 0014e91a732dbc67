import tseslint from 'typescript-eslint';

/** Each heavy library has one door; a folder may only open its own. */
const doors = [
  { library: '@grpc/*', folder: 'src/server', patterns: ['@grpc/*', 'grpc-health-check'] },
  { library: 'piscina', folder: 'src/pool', patterns: ['piscina'] },
  { library: 'onnxruntime-node', folder: 'src/engine/session.ts', patterns: ['onnxruntime-node'] },
  { library: 'protobufjs', folder: 'src/toolchain/onnx', patterns: ['protobufjs', 'protobufjs/*'] },
  { library: 'entities', folder: 'src/text', patterns: ['entities'] },
  { library: 'lru-cache', folder: 'src/cache', patterns: ['lru-cache'] },
  {
    library: 'prom-client and @opentelemetry/*',
    folder: 'src/observe',
    patterns: ['prom-client', '@opentelemetry/*'],
  },
];
const own = {
  'src/server': { groups: ['**/toolchain/**', '**/eval/**'] },
  'src/schedule': { groups: ['**/server/**', '**/pool/**', '**/toolchain/**', '**/eval/**'] },
  'src/pool': { groups: ['**/server/**', '**/toolchain/**', '**/eval/**'] },
  'src/cache': {
    groups: ['**/server/**', '**/pool/**', '**/schedule/**', '**/toolchain/**', '**/eval/**'],
  },
  'src/observe': {
    groups: ['**/server/**', '**/pool/**', '**/schedule/**', '**/toolchain/**', '**/eval/**'],
  },
};

function closedDoors(folder) {
  const shut = doors
    .filter((door) => !(folder && door.folder.startsWith(folder)))
    .map((door) => ({
      group: door.patterns,
      message: `${door.library} is used only in ${door.folder}.`,
    }));
  const layers = (own[folder]?.groups ?? []).map((group) => ({
    group: [group],
    message: `${folder} may not import this layer; see ARCHITECTURE.md.`,
  }));
  return { 'no-restricted-imports': ['error', { patterns: [...shut, ...layers] }] };
}

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      'node_modules/',
      'models/',
      'src/proto/generated/',
      'bench/out/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      curly: 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      ...closedDoors(''),
    },
  },
  ...Object.keys({
    'src/server': 1,
    'src/schedule': 1,
    'src/pool': 1,
    'src/toolchain': 1,
    'src/text': 1,
    'src/cache': 1,
    'src/observe': 1,
  }).map((folder) => ({
    files: [`${folder}/**/*.ts`],
    rules: closedDoors(folder),
  })),
  { files: ['src/engine/session.ts'], rules: closedDoors('workers') },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'no-restricted-imports': 'off' },
  },
);
