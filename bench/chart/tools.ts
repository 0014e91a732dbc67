import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs of the check. Go installs each in a minute; nothing is installed unasked. */
export const tools = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
} as const;

export type Tool = keyof typeof tools;

/** The tool's file: from the PATH, else from where `go install` puts it. Undefined for none. */
export function findTool(tool: Tool): string | undefined {
  const { PATH = '', GOBIN = '' } = process.env;
  const folders = [...PATH.split(delimiter), GOBIN].filter((folder) => folder !== '');
  return [...folders, goFolder()]
    .map((folder) => join(folder, tool))
    .find((file) => existsSync(file));
}

/** @throws Error with the commands that install what is missing. */
export function needTools(): Readonly<Record<Tool, string>> {
  const [helm, kubeconform] = [findTool('helm'), findTool('kubeconform')];
  if (helm !== undefined && kubeconform !== undefined) {
    return { helm, kubeconform };
  }
  const missing = (['helm', 'kubeconform'] as const).filter((tool) => findTool(tool) === undefined);
  const commands = missing.map((tool) => `  go install ${tools[tool]}`).join('\n');
  throw new Error(
    `${missing.join(' and ')}: not on the PATH or in Go's bin folder. Install with\n${commands}`,
  );
}

/**
 * The output of a command.
 *
 * @throws Error with the command and what it printed, if it cannot run, or fails and may not.
 */
export function runTool(
  file: string,
  args: readonly string[],
  { input = '', mayFail = false }: { readonly input?: string; readonly mayFail?: boolean } = {},
): string {
  const maxBuffer = 256 * 1024 * 1024;
  const { error, status, stdout, stderr } = spawnSync(file, args, {
    input,
    encoding: 'utf8',
    maxBuffer,
  });
  if (error !== undefined || (status !== 0 && !mayFail)) {
    throw new Error(`${[file, ...args].join(' ')}: ${error?.message ?? stderr + stdout}`);
  }
  return stdout;
}

function goFolder(): string {
  const { stdout, status } = spawnSync('go', ['env', 'GOPATH'], { encoding: 'utf8' });
  return status === 0 ? join(stdout.trim(), 'bin') : '';
}
