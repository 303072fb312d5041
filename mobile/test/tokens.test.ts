import type { Status } from '../src/api/contract';
import { dark, light, type Palette } from '../src/theme/tokens';

// luminance is WCAG's relative luminance of a colour.
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function pairs(c: Palette): [string, string, string][] {
  const on = (name: string, text: string) => (['ground', 'surface', 'sunken'] as const).map((ground): [string, string, string] => [`${name} on ${ground}`, text, c[ground]]);
  return [
    ...on('text', c.text),
    ...on('muted', c.muted),
    ...on('link', c.link),
    ...on('danger', c.dangerText),
    ['text on accentSoft', c.text, c.accentSoft.ground], // what is new, what is chosen
    ['muted on accentSoft', c.muted, c.accentSoft.ground],
    ['link on accentSoft', c.link, c.accentSoft.ground],
    ['accent', c.onAccent, c.accent],
    ['danger button', c.onDanger, c.danger],
    ['toast', c.toast.text, c.toast.ground],
    ['toast action', c.toastAction, c.toast.ground],
    ...(['accentSoft', 'success', 'warning'] as const).map((tone): [string, string, string] => [tone, c[tone].text, c[tone].ground]),
    ...(Object.keys(c.status) as Status[]).map((status): [string, string, string] => [status, c.status[status].text, c.status[status].ground]),
  ];
}

describe.each([
  ['light', light],
  ['dark', dark],
])('%s', (_, palette) => {
  test.each(pairs(palette))('%s is readable (AA)', (_name, text, ground) => {
    expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
  });
  test.each(['ground', 'surface', 'sunken'] as const)('what can be operated is seen on %s', (ground) => {
    expect(contrast(palette.strongLine, palette[ground])).toBeGreaterThanOrEqual(3);
  });
});
