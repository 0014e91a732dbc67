import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import {
  commandOf,
  findInstalled,
  installCommands,
  lookForPackages,
  systems,
} from '../../../bench/peers/systems.ts';

test('systems without their packages are left out, with the command that installs them', () => {
  const { present, leftOut } = findInstalled(systems, { npm: true, python: false });
  expect(present.some(({ needs }) => needs === 'npm')).toBe(true);
  expect(present.some(({ needs }) => needs === 'python')).toBe(false);
  expect(leftOut).toEqual(
    systems
      .filter(({ needs }) => needs === 'python')
      .map(({ name }) => ({ name, command: installCommands.python })),
  );
});

test('slmrank needs nothing but the project', () => {
  const { present } = findInstalled(systems, { npm: false, python: false });
  expect(present.filter(({ isOwn }) => isOwn).map(({ name }) => name)).toEqual([
    'slmrank fp32',
    'slmrank int8',
  ]);
});

test('a Python that does not exist is not installed', () => {
  expect(lookForPackages('/nowhere/python').python).toBe(false);
});

test("every system's adapter exists, and Python's are run by Python", () => {
  for (const system of systems) {
    const command = commandOf(system, '/python');
    expect(existsSync(command.at(-1) ?? '')).toBe(true);
    expect(command[0] === '/python').toBe(system.needs === 'python');
  }
});

test('names are unique, so that --systems is clear', () => {
  expect(new Set(systems.map(({ name }) => name)).size).toBe(systems.length);
});
