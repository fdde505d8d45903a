declare const hljs: {
  getLanguage(name: string): object | undefined;
  registerLanguage(name: string, language: unknown): void;
  highlight(text: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
};
export default hljs;
