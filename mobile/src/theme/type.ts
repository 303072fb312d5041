import { sizes } from './tokens';

// A phone scales every text by its reader's setting.
export const type = sizes;

// family is what the phone itself is written in.
export const family: string | undefined = undefined;
