import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

import { Desk } from './desk';

jest.setTimeout(60_000);

interface Schema {
  properties?: Record<string, unknown>;
  required?: string[];
}

// interfaces returns the names of every interface's members, with a question mark behind the optional ones.
function interfaces(): Map<string, string[]> {
  const path = join(__dirname, '../src/api/contract.ts');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const declared = new Map<string, ts.InterfaceDeclaration>();
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node)) {
      declared.set(node.name.text, node);
    }
  });
  const members = (node: ts.InterfaceDeclaration): string[] => [
    ...(node.heritageClauses ?? []).flatMap((clause) => clause.types.flatMap((type) => members(declared.get(type.expression.getText()) as ts.InterfaceDeclaration))),
    ...node.members.map((member) => `${(member.name as ts.Identifier).text}${member.questionToken ? '?' : ''}`),
  ];
  return new Map([...declared].map(([name, node]) => [name, members(node).sort()]));
}

test('the types of the app are those of the server', async () => {
  const desk = await Desk.start();
  try {
    const { components } = await desk.call<{ components: { schemas: Record<string, Schema> } }>('GET', '/openapi.json');
    const wrong: Record<string, unknown> = {};
    let compared = 0;
    for (const [name, ours] of interfaces()) {
      const schema = components.schemas[name];
      if (schema?.properties === undefined) {
        wrong[name] = 'no schema of this name';
        continue;
      }
      compared++;
      const theirs = Object.keys(schema.properties)
        .map((property) => (schema.required?.includes(property) ? property : `${property}?`))
        .sort();
      const said = schema.required === undefined ? ours.map((member) => member.replace('?', '')) : ours; // it may say nothing of that
      if (theirs.map((one) => (schema.required === undefined ? one.replace('?', '') : one)).join() !== said.join()) {
        wrong[name] = { server: theirs, app: ours };
      }
    }
    expect(wrong).toEqual({});
    expect(compared).toBeGreaterThan(20);
  } finally {
    await desk.close();
  }
});
