/** Lines of a report: labels in a column, text wrapped beside them. All text that comes in is escaped already. */

/** Breaks a text at spaces; a word longer than a line is cut. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = rest;
  }
  lines.push(line);
  return lines;
}

/** Wraps, and puts an ellipsis at the end of what is left out. */
export function wrapLines(text: string, width: number, maxLines: number): readonly string[] {
  // what can't be shown isn't wrapped either: SQL may be megabytes
  const lines = wrapText(text.slice(0, (maxLines + 1) * width), width);
  if (lines.length <= maxLines) return lines;
  const last = lines[maxLines - 1] ?? '';
  return [...lines.slice(0, maxLines - 1), `${last.slice(0, width - 2)} …`];
}

export function cutText(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Rows with their columns in line, each as wide as its widest cell, at most `most`. The last column is left as it is. */
export function alignRows(rows: readonly (readonly string[])[], most: number): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.min(most, Math.max(widths[at] ?? 0, cell.length));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
