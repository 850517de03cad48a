/** What tables without borders are made of (draw-rows.ts draws them). */

/** What stands between two columns. */
export const GAP = '  ';

export interface TableColumn {
  /** Columns of the terminal. */
  readonly width: number;
  readonly align: 'left' | 'right';
}

export interface TableLook {
  readonly gap?: string;
  /** Breaks texts at spaces, where they would be cut. */
  readonly wraps?: boolean;
}
