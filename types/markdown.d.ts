// What an answer is made of on its way to the page: the tokens of marked, as far as they are looked at, and those of our
// own rules.

declare namespace Markdown {
  /** Tokens inside a line, by type. */
  interface InlineFields {
    text: Raw & { text: string; tokens?: Array<Token> };
    escape: Raw & { text: string };
    html: Raw;
    strong: Holding;
    em: Holding;
    del: Holding;
    codespan: Raw & { text: string };
    br: Raw;
    link: Holding & { href: string };
    image: Raw & { href: string; text: string };
    formula: Raw & { tex: string; display: boolean };
    checkbox: Raw & { checked: boolean };
    footnote_mark: Raw & { label: string };
  }

  /** Tokens that stand by themselves, by type. `tex` is null while the formula is still being written. */
  interface BlockFields extends Pick<InlineFields, "text" | "html" | "checkbox"> {
    paragraph: Holding;
    heading: Holding & { depth: 1 | 2 | 3 | 4 | 5 | 6 };
    hr: Raw;
    code: Raw & { text: string; lang?: string; codeBlockStyle?: "indented" };
    formula_block: Raw & ({ tex: string } | { tex: null; text: string });
    blockquote: Holding;
    list: Raw & { ordered: boolean; start: number | ""; loose: boolean; items: Array<Item> };
    table: Raw & { header: Array<Cell>; rows: Array<Array<Cell>>; align: Array<Align> };
    footnote: Holding & Definition & { label: string };
    rest: Raw;
    space: Raw;
    def: Raw & Definition;
  }

  type Raw = { raw: string };
  type Holding = Raw & { tokens: Array<Token> };
  type Align = "left" | "center" | "right" | null;
  type Cell = { tokens: Array<Token> };
  type Item = Holding & { task: boolean };

  type InlineOf<K extends keyof InlineFields = keyof InlineFields> = { [T in K]: { type: T } & InlineFields[T] }[K];
  type BlockOf<K extends keyof BlockFields = keyof BlockFields> = { [T in K]: { type: T } & BlockFields[T] }[K];
  type Token = InlineOf | BlockOf;

  /** What may be looked into. */
  type Fillable = {
    raw?: string;
    tokens?: Array<Fillable>;
    items?: Array<Fillable>;
    header?: Array<Fillable>;
    rows?: Array<Array<Fillable>>;
  };
  /** Parses what is inside a token, and gives it back; throws when that is more elements than the budget has left. */
  type Fill = <T extends Fillable>(token: T, budget?: Budget) => T;
  type Budget = { left: number };

  /** What a link or a footnote is known by, and where it leads. */
  type Definition = Target & { tag: string };
  type Target = { href: string; title?: string | null };
  type Links = Record<string, Target>;

  /** Tokens that are drawn together; `fold`: they are a `<details>`, `closed` once its end is there. */
  interface Group {
    tokens: Array<Token>;
    raw: string;
    type: Token["type"];
    fold: boolean;
    closed: boolean;
  }

  /** What shows a group: nodes, and how many elements they count for. */
  interface Drawn {
    nodes: Array<ChildNode>;
    size: number;
  }
}
