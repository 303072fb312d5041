// The design in numbers. Nothing else in the app names a colour or a size of type. test/tokens.test.ts holds every pair of
// text and ground to WCAG AA.

import type { Status } from '../api/contract';

export interface Tone {
  ground: string;
  text: string;
}

export interface Palette {
  ground: string; // behind everything
  surface: string; // cards, bars, dialogs
  sunken: string; // fields, tracks
  line: string;
  strongLine: string; // borders of what can be operated: 3:1
  text: string;
  muted: string;
  accent: string; // fills
  onAccent: string;
  link: string; // accent as text
  accentSoft: Tone;
  danger: string;
  onDanger: string;
  dangerText: string;
  success: Tone;
  warning: Tone;
  toast: Tone;
  toastAction: string;
  shade: string; // behind dialogs
  shadow: string;
  status: Record<Status, Tone>;
  bar: Record<Status, string>;
}

export const light: Palette = {
  ground: '#f6f7f9',
  surface: '#ffffff',
  sunken: '#eef0f4',
  line: '#e1e5eb',
  strongLine: '#808997',
  text: '#1a2029',
  muted: '#566070',
  accent: '#2f5fd0',
  onAccent: '#ffffff',
  link: '#2453c0',
  accentSoft: { ground: '#e8effd', text: '#1f4cb4' },
  danger: '#b3261e',
  onDanger: '#ffffff',
  dangerText: '#a8201a',
  success: { ground: '#e2f6e9', text: '#12693a' },
  warning: { ground: '#fff1df', text: '#874800' },
  toast: { ground: '#232a35', text: '#f4f6f9' },
  toastAction: '#a9c5ff',
  shade: 'rgba(16, 20, 28, 0.5)',
  shadow: 'rgba(20, 28, 45, 0.08)',
  status: {
    Pending: { ground: '#fff1df', text: '#874800' },
    Scheduled: { ground: '#e6effe', text: '#1d4fb8' },
    Completed: { ground: '#e2f6e9', text: '#12693a' },
    Cancelled: { ground: '#fde9e8', text: '#a8201a' },
  },
  bar: { Pending: '#d97706', Scheduled: '#2f5fd0', Completed: '#1f8a4c', Cancelled: '#c5372e' },
};

export const dark: Palette = {
  ground: '#12151a',
  surface: '#1b2027',
  sunken: '#262c35',
  line: '#2c333d',
  strongLine: '#76808f',
  text: '#e7eaee',
  muted: '#a3adba',
  accent: '#3b6de0',
  onAccent: '#ffffff',
  link: '#96b8ff',
  accentSoft: { ground: '#1d2c4c', text: '#a3c1ff' },
  danger: '#c23b32',
  onDanger: '#ffffff',
  dangerText: '#ff9d96',
  success: { ground: '#12351f', text: '#82dba3' },
  warning: { ground: '#3a2911', text: '#ffbd6b' },
  toast: { ground: '#e7eaee', text: '#1a2029' },
  toastAction: '#1f4cb4',
  shade: 'rgba(0, 0, 0, 0.6)',
  shadow: 'rgba(0, 0, 0, 0.4)',
  status: {
    Pending: { ground: '#3a2911', text: '#ffbd6b' },
    Scheduled: { ground: '#1a2c4f', text: '#97bbff' },
    Completed: { ground: '#12351f', text: '#82dba3' },
    Cancelled: { ground: '#421b1c', text: '#ffa29c' },
  },
  bar: { Pending: '#f0a040', Scheduled: '#6d97f5', Completed: '#4dbb7b', Cancelled: '#ea7068' },
};

export const space = { xs: 4, s: 8, m: 12, l: 16, xl: 24, xxl: 40 } as const;

export const radius = { s: 8, m: 12, l: 16, round: 999 } as const;

// Sizes of type as designed. theme/type gives them in the unit that grows with the reader's own setting.
export const sizes = {
  small: { fontSize: 11, lineHeight: 15 },
  caption: { fontSize: 13, lineHeight: 18 },
  body: { fontSize: 16, lineHeight: 23 },
  strong: { fontSize: 16, lineHeight: 23, fontWeight: '600' },
  title: { fontSize: 20, lineHeight: 27, fontWeight: '700' },
  display: { fontSize: 28, lineHeight: 35, fontWeight: '700' },
} as const;

// Whatever can be touched is at least this high and wide.
export const touch = 44;

// From this width on, the menu is a bar at the side, and lists have columns.
export const wide = 900;

// Text does not run wider than this.
export const measure = 760;

export const statusSigns: Record<Status, string> = { Pending: '⏳', Scheduled: '📅', Completed: '✅', Cancelled: '❌' };
