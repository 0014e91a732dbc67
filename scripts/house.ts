/**
 * The source tree in figures: rooms (folders), files and what they import from each other.
 *
 *     node --import tsx scripts/house.ts [FOLDER ...]      a table; src and workers by default
 *
 * Type-only imports count like all others, since a circle of types ties two files together as well.
 * scripts/house-rules.ts says what the figures may be, and test/house tests it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A source file: its path from the project's root, what it imports, exports and declares. */
export interface SourceFile {
  path: string;
  lines: number;
  /** Paths of imported files of the project, each with the imported names. */
  imports: { path: string; names: string[] }[];
  exports: string[];
  /** Interfaces, type aliases and classes. */
  types: number;
  /** Whether it has functions, and not types and constants only. */
  hasLogic: boolean;
  /** Lines of comments that are wider than 100 columns. */
  wideComments: number;
  /** Spreads of a literal, such as `...{ a, b }`, which could be written without the spread. */
  literalSpreads: number;
  /** Defaults for a missing item, such as `list[i] ?? 0`, which turn a bug into a valid value. */
  indexDefaults: number;
}

/** The figures of the table. Rooms are folders with files. */
export interface HouseFigures {
  files: number;
  lines: number;
  rooms: number;
  arrows: number;
  fileCircles: string[][];
  roomCircles: string[][];
  /** The flat folder with the most files, and how many it has. */
  largestRoom: { room: string; files: number };
  types: number;
  exports: number;
  /** Exported names that no other measured file imports. */
  exportsUsedAtHome: number;
  wideComments: number;
  literalSpreads: number;
  indexDefaults: number;
}

const projectRoot = fileURLToPath(new URL('../', import.meta.url));

/** Reads every TypeScript file under the folders, generated code excepted. */
export function readHouse(folders: string[], root = projectRoot): SourceFile[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((path) => path.endsWith('.ts') && !/generated\/|node_modules\//.test(path))
    .sort()
    .map((path) => readSource(path, root));
}

function readSource(path: string, root: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const lines = text.split('\n');
  return {
    path,
    lines: lines.length - 1,
    imports: tree.statements.flatMap((statement) => importOf(statement, path, root)),
    exports: tree.statements.flatMap(exportedNames),
    types: tree.statements.filter(isType).length,
    hasLogic: count(tree, (node) => ts.isFunctionLike(node) && 'body' in node) > 0,
    wideComments: lines.filter((line) => line.length > 100 && isComment(line)).length,
    literalSpreads: count(tree, isLiteralSpread),
    indexDefaults: count(tree, isIndexDefault),
  };
}

/** Lines with a web address do not count, because it cannot be broken. */
function isComment(line: string): boolean {
  return /^\s*(\/?\*|\/\/)|\s\/\/\s/.test(line) && !line.includes('http');
}

function isLiteralSpread(node: ts.Node): boolean {
  return (
    (ts.isSpreadAssignment(node) || ts.isSpreadElement(node)) &&
    (ts.isObjectLiteralExpression(node.expression) || ts.isArrayLiteralExpression(node.expression))
  );
}

function isIndexDefault(node: ts.Node): boolean {
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken &&
    ts.isElementAccessExpression(node.left)
  );
}

/** The number of nodes of a tree that fit. */
function count(node: ts.Node, fits: (node: ts.Node) => boolean): number {
  let found = fits(node) ? 1 : 0;
  node.forEachChild((child) => {
    found += count(child, fits);
  });
  return found;
}

function importOf(statement: ts.Statement, from: string, root: string) {
  const isImport = ts.isImportDeclaration(statement);
  if (!isImport && !ts.isExportDeclaration(statement)) {
    return [];
  }
  const source = statement.moduleSpecifier;
  if (source === undefined || !ts.isStringLiteral(source) || !source.text.startsWith('.')) {
    return [];
  }
  const path = relative(root, resolve(root, dirname(from), source.text));
  const bindings = isImport ? statement.importClause?.namedBindings : statement.exportClause;
  const names =
    bindings && 'elements' in bindings
      ? bindings.elements.map((element) => (element.propertyName ?? element.name).text)
      : [];
  return [{ path, names }];
}

function isType(statement: ts.Statement): boolean {
  return (
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement)
  );
}

function exportedNames(statement: ts.Statement): string[] {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  if (!modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) {
    return [];
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  }
  const { name } = statement as ts.DeclarationStatement;
  return name ? [name.getText()] : [];
}

export function measureHouse(files: SourceFile[]): HouseFigures {
  const known = new Set(files.map((file) => file.path));
  const fileGraph = new Map(
    files.map((file) => [
      file.path,
      new Set(file.imports.map(({ path }) => path).filter((path) => known.has(path))),
    ]),
  );
  const roomGraph = roomsOf(fileGraph);
  const imported = new Set(
    files.flatMap((file) =>
      file.imports.flatMap(({ path, names }) => names.map((name) => `${path}#${name}`)),
    ),
  );
  const exported = files.flatMap((file) => file.exports.map((name) => `${file.path}#${name}`));
  return {
    files: files.length,
    lines: sum(files.map((file) => file.lines)),
    rooms: roomGraph.size,
    arrows: sum([...roomGraph.values()].map((targets) => targets.size)),
    fileCircles: findCircles(fileGraph),
    roomCircles: findCircles(roomGraph),
    largestRoom: largestRoom(files),
    types: sum(files.map((file) => file.types)),
    exports: exported.length,
    exportsUsedAtHome: exported.filter((name) => !imported.has(name)).length,
    wideComments: sum(files.map((file) => file.wideComments)),
    literalSpreads: sum(files.map((file) => file.literalSpreads)),
    indexDefaults: sum(files.map((file) => file.indexDefaults)),
  };
}

/** Rooms, each with the other rooms that its files import. */
function roomsOf(fileGraph: Map<string, Set<string>>): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const [path, targets] of fileGraph) {
    const room = dirname(path);
    const neighbours = rooms.get(room) ?? new Set<string>();
    for (const target of targets) {
      if (dirname(target) !== room) {
        neighbours.add(dirname(target));
      }
    }
    rooms.set(room, neighbours);
  }
  return rooms;
}

function largestRoom(files: SourceFile[]): { room: string; files: number } {
  const [[room, number] = ['', 0]] = [...roomSizes(files)].sort((a, b) => b[1] - a[1]);
  return { room, files: number };
}

/** The number of files in each room. */
export function roomSizes(files: SourceFile[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { path } of files) {
    sizes.set(dirname(path), (sizes.get(dirname(path)) ?? 0) + 1);
  }
  return sizes;
}

/** Strongly connected components of more than one node (Tarjan 1972), each sorted by name. */
export function findCircles(graph: Map<string, Set<string>>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    const index = order.size;
    order.set(node, index);
    let low = index;
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) {
        low = Math.min(low, visit(next));
      } else if (stack.includes(next)) {
        low = Math.min(low, order.get(next) ?? low);
      }
    }
    lowest.set(node, low);
    if (low === index) {
      const circle = stack.splice(stack.indexOf(node));
      if (circle.length > 1) {
        circles.push(circle.sort());
      }
    }
    return low;
  };
  for (const node of graph.keys()) {
    if (!order.has(node)) {
      visit(node);
    }
  }
  return circles;
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function printHouse(folders: string[]): void {
  const figures = measureHouse(readHouse(folders));
  for (const [name, value] of Object.entries(figures)) {
    console.log(
      name.padEnd(20),
      Array.isArray(value) || typeof value === 'object' ? JSON.stringify(value) : value,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folders = process.argv.slice(2);
  printHouse(folders.length > 0 ? folders : ['src', 'workers']);
}
