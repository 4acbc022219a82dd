// The token ids of the control tokens, as in utils/text/vocabulary.py.

export const PADDING = 0;
export const START = 1;
export const END = 2;
export const UNKNOWN = 3;
