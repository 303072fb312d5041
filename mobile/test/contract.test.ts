import { declared, oneOf, type Members } from './declared';
import { Desk } from './desk';

jest.setTimeout(60_000);

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: string[];
  items?: Schema;
  nullable?: boolean;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

// An enum the server's document does not tell; what it sends is compared in events.test.ts.
const untold: Record<string, string> = { 'Entry.kind': 'string', 'Notification.kind': 'string' };

function describeSchema(schema: Schema): string {
  const text = (() => {
    if (schema.$ref !== undefined) {
      return schema.$ref.split('/').at(-1) as string;
    }
    if (schema.enum !== undefined) {
      return oneOf(schema.enum);
    }
    switch (schema.type) {
      case 'array':
        return `list of ${describeSchema(schema.items ?? {})}`;
      case 'integer':
        return 'number';
      case 'string':
        return schema.format === 'date-time' ? 'moment' : 'string';
      case 'object':
        return `map of ${describeSchema(schema.additionalProperties ?? {})}`;
    }
    return schema.type ?? 'anything';
  })();
  return schema.nullable ? `${text} or null` : text;
}

// told puts a schema as the app's interfaces are put. Where it names nothing as required, it says nothing of that.
function told(schema: Schema, ours: Members): Members {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [
      name,
      { optional: schema.required === undefined ? ours[name]?.optional === true : !schema.required.includes(name), type: describeSchema(property) },
    ]),
  );
}

test('the types of the app are those of the server', async () => {
  const desk = await Desk.start();
  try {
    const { components } = await desk.call<{ components: { schemas: Record<string, Schema> } }>('GET', '/openapi.json');
    const interfaces = declared('contract.ts');
    const app: Record<string, Members> = {};
    const server: Record<string, Members | string> = {};
    for (const [name, ours] of interfaces) {
      const schema = components.schemas[name];
      app[name] = Object.fromEntries(Object.entries(ours).map(([member, { optional, type }]) => [member, { optional, type: untold[`${name}.${member}`] ?? type }]));
      server[name] = schema?.properties === undefined ? 'no schema of this name' : told(schema, ours);
    }
    expect(app).toEqual(server);
    expect(interfaces.size).toBeGreaterThan(20);
  } finally {
    await desk.close();
  }
});
