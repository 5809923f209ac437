import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a file asks for: paths inside the project, and names of packages as they are written. */
export interface Imports {
  /** Loaded together with the file. */
  readonly now: readonly string[];
  /** Types alone: nothing is loaded. */
  readonly types: readonly string[];
  /** Loaded when the file asks for it while it runs. */
  readonly later: readonly string[];
}
export type ImportGraph = ReadonlyMap<string, Imports>;

/** The layers, from the bottom. A file imports from its own layer and those before it. */
const LAYERS = [
  ['lib/ledger'],
  ['lib/format'],
  ['lib/disk'],
  ['lib/store'],
  ['lib/bank'],
  ['lib/index.ts', 'lib/recover.ts'],
  ['lib/testing'],
  ['lib/interchange'],
  ['lib/cli', 'lib/atm', 'lib/network'],
  ['bin'],
];

/** Node's own modules that a pure layer may use. */
const NODE_ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'lib/ledger': [],
  'lib/format': ['node:crypto'],
};

const DISK_ONLY = ['fs', 'node:fs', 'node:fs/promises', 'graceful-fs'];
const DISK_PACKAGES = ['proper-lockfile', 'write-file-atomic'];
const RUNTIME_PACKAGES = [
  '@bomb.sh/tab',
  '@clack/core',
  'commander',
  'csv-parse',
  ...DISK_PACKAGES,
];
const NOT_FOR_THE_LIBRARY = ['lib/cli', 'lib/atm', 'lib/network', 'bin'];

const isLocal = (target: string) => target.startsWith('lib/') || target.startsWith('bin/');
const isIn = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
const packageOf = (target: string) => /^(@[^/]+\/)?[^/]*/.exec(target)?.[0] ?? '';
const layerOf = (path: string) => LAYERS.findIndex((names) => names.some((n) => isIn(path, n)));
const folderOf = (path: string) => LAYERS.flat().find((name) => isIn(path, name)) ?? path;

/** Everything that is wrong with the graph, a sentence each. */
export function layerProblems(graph: ImportGraph): string[] {
  const edges = [...graph].flatMap(([from, { now, types, later }]) =>
    [...now, ...types, ...later].map((to) => [from, to] as const),
  );
  return [
    ...edges.flatMap(([from, to]) => edgeProblems(from, to)),
    ...RUNTIME_PACKAGES.flatMap((name) => crowdProblems(edges, name)),
    ...libraryProblems(graph),
    ...cycleProblems(graph),
  ];
}

function edgeProblems(from: string, to: string): string[] {
  if (layerOf(from) === -1) return [`${from} is in no layer`];
  if (isLocal(to)) {
    return layerOf(to) > layerOf(from) ? [`${from} imports upwards: ${to}`] : [];
  }
  const allowed = NODE_ALLOWED[folderOf(from)];
  if (allowed !== undefined && !allowed.includes(to)) return [`${from} is not pure: ${to}`];
  const disk = DISK_ONLY.includes(to) || DISK_PACKAGES.includes(packageOf(to));
  return disk && !isIn(from, 'lib/disk') ? [`${from} touches the disk: ${to}`] : [];
}

function crowdProblems(edges: readonly (readonly [string, string])[], name: string): string[] {
  const users = edges.flatMap(([from, to]) => (packageOf(to) === name ? [from] : []));
  const files = [...new Set(users)];
  return files.length > 1 ? [`${name} is imported by ${files.join(' and ')}`] : [];
}

function libraryProblems(graph: ImportGraph): string[] {
  const seen = new Set(['lib/index.ts']);
  for (const path of seen)
    for (const to of graph.get(path)?.now ?? []) if (isLocal(to)) seen.add(to);
  return [...seen]
    .filter((path) => NOT_FOR_THE_LIBRARY.some((folder) => isIn(path, folder)))
    .map((path) => `lib/index.ts loads ${path}`);
}

function cycleProblems(graph: ImportGraph): string[] {
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): string[] => {
    if (way.includes(path))
      return [`a circle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`];
    if (done.has(path)) return [];
    const found = (graph.get(path)?.now ?? []).flatMap((to) => visit(to, [...way, path]));
    done.add(path);
    return found;
  };
  return [...graph.keys()].flatMap((path) => visit(path, []));
}

const FROM = /^\s*(?:import|export)\s+(type\s)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const BARE = /^\s*import\s*()['"]([^'"]+)['"]/gm;
const LATER = /\b(?:import|require|getBuiltinModule|new URL)(\()\s*['"]([^'"]+)['"]/g;

/** The imports of one file. */
export function importsOf(path: string, source: string): Imports {
  const resolve = ([, , target = '']: RegExpMatchArray) =>
    target.startsWith('.')
      ? posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts')
      : target;
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '');
  const from = [...code.matchAll(FROM)];
  return {
    now: [...from.filter(([, type]) => type === undefined), ...code.matchAll(BARE)].map(resolve),
    types: from.filter(([, type]) => type !== undefined).map(resolve),
    later: [...code.matchAll(LATER)].map(resolve),
  };
}

/** Whether the file hands on what another one has. */
export function reExports(source: string): boolean {
  return /^\s*export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s*(?:as\s+\w+\s+)?from\b/m.test(source);
}

const ROOT = join(fileURLToPath(import.meta.url), '..', '..');

/** The files that other programs import: the only ones that may hand on what others have. */
export function entryFiles(): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.values<{ types?: string }>(exports).flatMap(({ types }) =>
    types === undefined ? [] : [types.replace('./dist/', '').replace('.d.ts', '.ts')],
  );
}

/** All source files of `lib` and `bin`: path and text. */
export function sourceFiles(): [path: string, source: string][] {
  return ['lib', 'bin'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name): [string, string] => {
        const path = posix.join(folder, ...name.split(/[\\/]/));
        return [path, readFileSync(join(ROOT, path), 'utf8')];
      }),
  );
}
