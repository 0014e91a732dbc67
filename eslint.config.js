import { dirname, join, relative } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { doorFault, layerFault } from './scripts/layers.js';

/** Imports go one way, and each heavy library has one door: scripts/layers.js has both tables. */
const layersRule = {
  create(context) {
    const from = relative(import.meta.dirname, context.filename);
    const check = ({ source }) => {
      if (typeof source?.value === 'string') {
        const fault = source.value.startsWith('.')
          ? layerFault(from, join(dirname(from), source.value))
          : doorFault(from, source.value);
        if (fault !== undefined) {
          context.report({ node: source, message: fault });
        }
      }
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

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
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    plugins: { house: { rules: { layers: layersRule } } },
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
      // Control characters are what some patterns look for.
      'no-control-regex': 'off',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'house/layers': 'error',
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'house/layers': 'off' },
  },
);
