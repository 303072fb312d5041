// What the app's interfaces say, read from their sources.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface Member {
  optional: boolean;
  type: string; // as described below
}

export type Members = Record<string, Member>;

// declared returns the interfaces of a file under src/api, each with the members of those it extends.
export function declared(file: string): Map<string, Members> {
  const path = join(__dirname, '../src/api', file);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const interfaces = new Map<string, ts.InterfaceDeclaration>();
  const aliases = new Map<string, ts.TypeNode>();
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node)) {
      interfaces.set(node.name.text, node);
    } else if (ts.isTypeAliasDeclaration(node)) {
      aliases.set(node.name.text, node.type);
    }
  });
  const members = (node: ts.InterfaceDeclaration): Members => ({
    ...Object.assign({}, ...(node.heritageClauses ?? []).flatMap((clause) => clause.types.map((type) => members(interfaces.get(type.expression.getText()) as ts.InterfaceDeclaration)))),
    ...Object.fromEntries(
      node.members.filter(ts.isPropertySignature).map((member) => [
        (member.name as ts.Identifier).text,
        { optional: member.questionToken !== undefined, type: describe(member.type as ts.TypeNode, aliases) },
      ]),
    ),
  });
  return new Map([...interfaces].map(([name, node]) => [name, members(node)]));
}

// describe puts a type in words that a schema can be put in too: "string", "moment", "Booking", "list of Entry",
// "one of a, b", "string or null", "map of string".
function describe(type: ts.TypeNode, aliases: Map<string, ts.TypeNode>): string {
  if (ts.isArrayTypeNode(type)) {
    return `list of ${describe(type.elementType, aliases)}`;
  }
  if (ts.isUnionTypeNode(type)) {
    const nothing = (one: ts.TypeNode) => ts.isLiteralTypeNode(one) && one.literal.kind === ts.SyntaxKind.NullKeyword;
    const rest = type.types.filter((one) => !nothing(one));
    const text = rest.length === 1 ? describe(rest[0] as ts.TypeNode, aliases) : oneOf(rest.map((one) => one.getText().slice(1, -1)));
    return rest.length < type.types.length ? `${text} or null` : text;
  }
  if (ts.isTypeReferenceNode(type)) {
    const name = type.typeName.getText();
    const alias = aliases.get(name);
    if (name === 'Moment') {
      return 'moment';
    }
    if (name === 'Record') {
      return `map of ${describe(type.typeArguments?.[1] as ts.TypeNode, aliases)}`;
    }
    return alias === undefined ? name : describe(alias, aliases);
  }
  return type.getText();
}

export const oneOf = (values: string[]) => `one of ${[...values].sort().join(', ')}`;
