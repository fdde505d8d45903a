// The page's own records and what its parts hand each other. What Python tells is wire.d.ts.

declare namespace Page {
  /** The page's secret; a function, so that it is read when it is sent. */
  type Session = () => string;

  // --- conversations ---------------------------------------------------------------------------------------

  interface Problem {
    slug?: string;
    what: string;
    why: string;
    todo: string;
    way_out?: string;
    details?: Record<string, any> | null;
  }

  /** How a reply ended: a finish reason of Python's, or running, stopped, interrupted, error. */
  interface Ending {
    kind: string;
    raw?: string;
    why?: string;
    error?: Problem;
  }

  /** `verdict`, `reason` and `inline` are what the person said of a call that waits; `tool` names it for `allowed`. */
  interface ToolCall extends Partial<Omit<Wire.CallTold, "result">> {
    result?: string | null;
    verdict?: Wire.Call["verdict"];
    reason?: string;
    inline?: boolean;
    tool?: string;
  }

  /** A round of a turn with tools whose calls have their results. */
  interface Round {
    thinking?: Array<Thought>;
    text?: string;
    calls?: Array<ToolCall>;
    seconds?: number | null;
  }

  /** A block of thinking as it goes back to its provider. */
  interface Thought {
    text: string;
    opaque?: Record<string, any> | null;
  }

  /** A file of a question: `id` of an upload, or `url`; the rest of a file that was imported is its name. */
  interface FileRef {
    id?: string;
    url?: string;
    name?: string;
    size?: number | null;
    thumbnail?: string;
    choices?: Choices;
    sent?: unknown;
  }

  /** What a person chose about a file in its plan. */
  type Choices = Partial<Pick<Wire.FileRef, "send_as" | "pages" | "per_second" | "max_frames" | "pictures">>;

  /** A picture that was sent: `thumb` is a data URL, `sent` what was seen of it. */
  interface Picture extends Wire.SeenTold {
    thumb?: string | null;
    sent?: Blob;
  }

  type Metrics = Partial<Wire.Metrics>;

  interface ChatNode {
    id: string;
    parent: string | null;
    role: "user" | "assistant";
    text: string;
    thinking: string;
    opaque: Array<Thought>;
    toolCalls: Array<ToolCall>;
    files: Array<FileRef>;
    model: string | null;
    provider: string | null;
    usage: unknown;
    timings: unknown;
    metrics: Metrics | null;
    ending: Ending | null;
    createdAt: number;
    notes?: Array<string>;
    boxes?: Array<Wire.BoxTold>;
    rounds?: Array<Round>;
    sources?: Array<Wire.CitedTold>;
    pictures?: Array<Picture>;
    /** The model for which nothing speaks against this question's files. */
    cleared?: string | null;
    /** The server's id of the turn that answered. */
    turn?: string | null;
  }

  /** Values of the controls beside a conversation, by name. */
  type Settings = Partial<Record<string, any>>;

  interface Conversation {
    v: number;
    id: string;
    tab: string;
    title: string;
    titleByHand: boolean;
    createdAt: number;
    updatedAt: number;
    pinned: boolean;
    settings: Settings;
    nodes: Array<ChatNode>;
    selected: Record<string, string>;
    gone?: Array<string>;
    /** Tools that are offered to the model, and those that the person lets run. */
    tools?: Array<string>;
    allowed?: Array<string>;
    rev: number;
  }

  /** node id -> the node as JSON when it was last read or written. */
  type Looks = Map<string, string>;

  interface Siblings {
    index: number;
    count: number;
    ids: Array<string>;
  }

  /** What the list shows of a conversation. */
  interface Row {
    id: string;
    v: number;
    tab: string;
    title: string;
    pinned: boolean;
    createdAt: number;
    updatedAt: number;
    rev: number;
    preview: string;
    count: number;
    model: string | null;
    provider: string | null;
    running: boolean;
    /** Pieces of the text that was found, and whether each is a found word. */
    snippet?: Array<[string, boolean]> | null;
  }

  /** What another tab did. */
  type Change = { kind: "changed" | "removed"; id: string } | { kind: "cleared"; id: null };

  type ProblemKind = "blocked" | "full" | "newer" | "failed" | "unreadable";

  // --- a turn ------------------------------------------------------------------------------------------------

  /** What a person wants of a turn: retry, edit, select, … */
  type Act = (name: string, node: any, extra?: any) => unknown;

  /** An update of one of Gradio's components. */
  interface Update {
    __type__: "update";
    value?: any;
    [field: string]: unknown;
  }

  /** A turn that was kept as a file. */
  interface TurnFile {
    format: string;
    partial?: string | null;
    request?: { body?: any };
    [field: string]: any;
  }

  /** A file under the plan of the next question. */
  interface Chosen extends FileRef {
    key: string;
  }

  type Plan = Wire.PlanTold & { model: string };
}

interface Window {
  GLM: any;
}

/** KaTeX, once late.js has loaded it. */
declare var katex: { render(tex: string, place: Element, options: object): void } | undefined;
