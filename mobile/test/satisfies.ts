// Whether values are what the app's types say, as the TypeScript compiler sees it: what a type does not know is as wrong as
// what is missing.

import { join } from 'node:path';
import ts from 'typescript';

export interface Sample {
  type: string; // of src/api/contract.ts or events.ts
  value: unknown;
}

const root = join(__dirname, '..');
const file = join(root, 'test/samples.virtual.ts');
const read = new Map<string, ts.SourceFile | undefined>(); // the language's own declarations are long

// complaints returns what the compiler has against the samples.
export function complaints(samples: Sample[]): string[] {
  const text = [
    "import type * as Contract from '../src/api/contract';",
    "import type * as Events from '../src/api/events';",
    ...samples.map(({ type, value }, i) => `export const sample${i} = ${JSON.stringify(value)} satisfies ${type};`),
  ].join('\n');
  const options: ts.CompilerOptions = { strict: true, noEmit: true, types: [], lib: ['lib.es2022.d.ts'], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, language) => {
    if (name === file) {
      return ts.createSourceFile(name, text, language);
    }
    if (!read.has(name)) {
      read.set(name, getSourceFile(name, language));
    }
    return read.get(name);
  };
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file: at, start }) => {
    const sample = at?.fileName === file && start !== undefined ? samples[at.getLineAndCharacterOfPosition(start).line - 2] : undefined;
    return `${sample?.type ?? at?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')} ${JSON.stringify(sample?.value)}`;
  });
}
