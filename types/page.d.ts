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
    cited?: Array<Cited>;
  }

  /** A place of an answer's text, in characters from its beginning, and the source that it rests on. */
  interface Cited {
    at: number;
    url: string;
    /** What the source says there. */
    text?: string;
  }

  /** A source, and in which reply of its turn it came; records of before have neither that nor `ref`. */
  type Source = Omit<Wire.CitedTold, "ref"> & { ref?: number; round?: number };

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
    sources?: Array<Source>;
    cited?: Array<Cited>;
    /** The provider may have searched the web for it. */
    searched?: boolean;
    pictures?: Array<Picture>;
    /** The model for which nothing speaks against this question's files. */
    cleared?: string | null;
    /** The server's id of the turn that answered. */
    turn?: string | null;
    /** While its reply comes. */
    coming?: Coming;
  }

  /**
   * How far a reply has come, so that a page that is loaded anew goes on behind `frame`. `before`: what the node held when
   * it was asked for, where that is not nothing. `round`: a round of tools has ended since. `lasts`: the name under which
   * the server's turn is followed and stopped.
   */
  interface Coming {
    frame: number;
    goesOn: boolean;
    resumed: boolean;
    round?: boolean;
    began?: Array<number>;
    before: Partial<ChatNode> | null;
    lasts?: string;
  }

  /** Replies that come in this page. `takeUp` goes on with one whose page is gone; false where that cannot be. */
  interface RepliesHere {
    isHere(conversation: Conversation): boolean;
    takeUp(conversation: Conversation): boolean;
  }

  /** What has become of a reply that nobody has looked at. */
  type News = "done" | "failed" | "waiting";

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
    unread?: News;
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
    /** Where it stands in the list, the highest first. */
    place: number;
    rev: number;
    preview: string;
    count: number;
    model: string | null;
    provider: string | null;
    running: boolean;
    news?: News | null;
    /** Pieces of the text that was found, and whether each is a found word. */
    snippet?: Array<[string, boolean]> | null;
  }

  /** What another tab did. */
  type Change = { kind: "changed" | "removed"; id: string } | { kind: "cleared"; id: null };

  type ProblemKind = "blocked" | "full" | "newer" | "failed" | "unreadable";

  /** What was typed and not sent: see drafts/draft.js. */
  interface Draft {
    of: string;
    page: string;
    text: string;
    files: Array<FileRef>;
    line: Array<InLine>;
    at: number;
  }

  /** A saved prompt: see prompts/prompt.js. */
  interface Prompt {
    id: string;
    kind: "prompt" | "system";
    name: string;
    text: string;
    at: number;
  }

  /** A message that is sent after others. */
  interface InLine {
    id: string;
    text: string;
    /** What else its question has: files and what was seen of them. */
    more: Partial<ChatNode>;
  }

  // --- a turn ------------------------------------------------------------------------------------------------

  /** What a person wants of a turn: retry, edit, select, … */
  type Act = (name: string, node: any, extra?: any) => unknown;

  /** An update of one of Gradio's components. */
  interface Update {
    __type__: "update";
    value?: any;
    [field: string]: unknown;
  }

  /** A question on its way to the server; that of a plan stands in no conversation yet. */
  type Asked = Pick<ChatNode, "parent" | "role" | "text" | "files"> & Partial<ChatNode>;

  /** How a reply is asked for: `into` goes on with an answer that was cut, `file` is a turn to play again. */
  interface Asking {
    into?: ChatNode | null;
    resumes?: { node: ChatNode; fresh: ChatNode } | null;
    file?: TurnFile | null;
    thinking?: boolean;
    maxTokens?: number | null;
  }

  /** What draws a reply that is on its way. */
  interface LiveView {
    frame(frame: Wire.Frame): void;
    drawCalls(): void;
    leave(): void;
    finish(): void;
  }

  /** What draws a conversation. */
  interface Log {
    root: HTMLElement;
    show(path: Array<ChatNode>, siblingsOf: (node: ChatNode) => Siblings): void;
    live(node: ChatNode): LiveView;
    edit(node: ChatNode): void;
    note(content: HTMLElement | string | null): void;
    toEnd(smooth: boolean): void;
    say?(text: string): void;
    forget?(id: string): void;
    viewOf(id: string): { finish(): void } | undefined;
  }

  /** What a chat needs; `bridge` presses the hidden button whose event tells the controls' values. */
  interface ChatParts {
    root: HTMLElement;
    config: Wire.Config;
    store: import("../glm_ui/web/conversations/store.js").Store;
    replies: import("../glm_ui/web/chat/replies.js").Replies;
    session: Session;
    bridge: () => void;
    announce: (text: string) => void;
    tab?: string;
    makeLog?: (act: Act) => Log;
    extras?: Extras;
  }

  /** What a tab adds to a chat. */
  interface Extras {
    /** Another conversation was opened; `files` are those of its draft. */
    opened?(files: Array<FileRef>): void;
    /** The files of the next question. */
    files?(): Array<FileRef>;
    /** Puts a file of before under the next question. */
    attach?(file: FileRef): void;
    /** Sends what the box holds; nothing where the chat does so itself. */
    submit?(): Promise<Update> | undefined;
    /** The controls have changed that the plan of the files is made for. */
    replan?(): void;
    /** What else a turn says. */
    besides?(): Partial<Wire.Turn>;
    /** A question that is to be asked anew: its words go back to the box by themselves. */
    giveBack?(question: ChatNode): void;
    /** It was answered after all: what went back by itself goes again. */
    takeBack?(): void;
    /** Actions of its own, by name. */
    acts?: Record<string, (node: any, extra: any) => unknown>;
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

  interface DrawnPlan {
    files: Array<Chosen>;
    plan: Plan | null;
    /** Names of files that go again. */
    earlier: Array<string>;
    consent: boolean;
  }

  /** What draws the plan of the next question, and how far it is. */
  interface PlanDrawing {
    draw(given: DrawnPlan): void;
    working(): void;
    progress(name: string, done: number, total: number): void;
    done(): void;
    halted(sentence: string, again?: boolean): void;
  }

  // --- the page ------------------------------------------------------------------------------------------------

  type AnyChat = import("../glm_ui/web/chat/chat.js").Chat;

  /** `window.GLM`: the tabs that were made, and what Gradio's events call. */
  interface Global {
    chat: AnyChat | null;
    multimodal: import("../glm_ui/web/multimodal/multimodal.js").Multimodal | null;
    /** null until they are listened to. */
    shortcuts: ReturnType<typeof import("../glm_ui/web/page/shortcut_acts.js").startShortcuts> | null;
    secret: Session;
  }

  // --- what is asked of our own server ---------------------------------------------------------------------------

  /** By route: what is posted, and what is answered where that is JSON. */
  interface Routes {
    state: [OfPage, Wire.State];
    key: [OfPage & { provider: string; key: string }, Wire.State];
    "key/check": [OfPage & { provider: string }, { checked: boolean }];
    server: [Wire.OwnServer, Wire.State];
    tools: [OfPage, ToolList];
    "tools/server": [OfPage & { address: string; key: string }, ToolList];
    "tools/remove": [OfPage & { name: string }, ToolList];
    controls: [OfPage & { model: string }, ControlStates];
    trace: [OfPage & { name: string; provider: string | null }, Wire.Trace];
    request: [OfPage & { turn: string; round?: number | null }, Wire.RequestTold];
    listing: [OfPage & { provider: string }, Wire.ListingTold];
    connect: [OfPage & { address: string; model: string }, Wire.Connections];
    "connect/test": [OfPage, Wire.BegunTest];
    "connect/recent": [OfPage, Wire.RecentRequests];
    file: [Wire.Arrived, Wire.UploadTold];
    unlock: [Wire.Unlock, object];
    transcript: [Wire.TranscriptionRequest, Wire.UploadTold];
    region: [Wire.Region, Wire.UploadTold];
    dictation: [OfPage & { provider: string; sound: string }, { text: string }];
  }

  interface OfPage {
    session: string;
  }

  /** Updates of the controls' components, by control. */
  type ControlStates = Record<string, Record<string, any>>;

  /** `own`: the visitor named it. */
  interface ToolServer {
    name: string;
    state: string;
    version: string;
    why: string;
    own?: boolean;
  }

  interface ToolList {
    tools: Array<{ id: string; server: string; title: string; description: string; tokens: number; asks: boolean }>;
    servers: Array<ToolServer>;
    /** Whether visitors may name servers of their own. */
    own_servers: boolean;
  }
}

interface Window {
  GLM: Page.Global;
}

/** Of KaTeX what late.js asks for. */
interface KaTeX {
  __renderToDomTree(tex: string, options: object): KaTeXTree;
}

interface KaTeXTree {
  children?: Array<KaTeXTree>;
  toNode(): Node;
}

/** Once late.js has loaded it. */
declare var katex: KaTeX | undefined;
