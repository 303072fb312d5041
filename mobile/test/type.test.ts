import { sizes } from '../src/theme/tokens';
import { type } from '../src/theme/type.web';

// In pixels, whoever had set their browser to larger type read the app as small as before.
test('on the web, type grows with the browser’s setting', () => {
  expect(Object.keys(type)).toEqual(Object.keys(sizes));
  expect(type.body).toEqual({ fontSize: '1rem', lineHeight: '1.4375rem' });
  for (const [kind, { fontSize, lineHeight }] of Object.entries(type)) {
    const { fontSize: designed } = sizes[kind as keyof typeof sizes];
    expect(`${fontSize}`).toBe(`${designed / 16}rem`);
    expect(`${lineHeight}`).toMatch(/^[\d.]+rem$/);
  }
});
