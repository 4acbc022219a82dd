// How far two sentences of tokens agree.

export function equalTokens(first, second) {
  return first.length === second.length && first.every((token, i) => token === second[i]);
}

/** Which of the tokens are in the longest sequence that both have in common. */
export function inBoth(tokens, target) {
  const [rows, columns] = [tokens.length, target.length];
  const length = Array.from({ length: rows + 1 }, () => new Array(columns + 1).fill(0));
  for (let j = rows - 1; j >= 0; j--)
    for (let i = columns - 1; i >= 0; i--)
      length[j][i] =
        tokens[j] === target[i]
          ? 1 + length[j + 1][i + 1]
          : Math.max(length[j + 1][i], length[j][i + 1]);
  const kept = new Array(rows).fill(false);
  for (let j = 0, i = 0; j < rows && i < columns; ) {
    if (tokens[j] === target[i]) {
      kept[j++] = true;
      i++;
    } else if (length[j + 1][i] >= length[j][i + 1]) j++;
    else i++;
  }
  return kept;
}

/**
 * Of the true pairs [source place, target place], or null, those of the written words that stand
 * where the right translation has them: up to the first that differs.
 */
export function agreedAlignment({ target, alignment }, written) {
  if (!alignment) return null;
  let agreed = target.findIndex((token, j) => token !== written[j]);
  if (agreed < 0) agreed = target.length;
  return alignment.filter(([, j]) => j < agreed);
}
