// SPDX-License-Identifier: MIT
import tseslint from 'typescript-eslint';
import hooks from 'eslint-plugin-react-hooks';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/'] },
  {
    files: ['src/**/*.{ts,tsx}', 'vite.config.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Reading a signal subscribes to it.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      'max-lines': ['error', 300],
    },
  },
  {
    // Layers: views -> state -> api; ui takes props only and never fetches.
    files: ['src/ui/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['**/state/*', '**/views/*', '**/api/*Socket*', '**/api/rest*'] },
      ],
    },
  },
  {
    files: ['src/state/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['**/views/*', '**/ui/*'] }] },
  },
  {
    files: ['src/api/**', 'src/lib/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['**/views/*', '**/ui/*', '**/state/*'] }],
    },
  },
);
