/** Dark or light: as the system says, unless somebody chose. */

export type Theme = "light" | "dark";
const KEY = "penstock.theme";

class ThemeChoice {
  private readonly listeners = new Set<() => void>();
  private readonly system = matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    this.system.addEventListener("change", () => this.apply());
  }

  get(): Theme {
    const chosen = stored();
    return chosen ?? (this.system.matches ? "dark" : "light");
  }

  toggle(): void {
    try {
      localStorage.setItem(KEY, this.get() === "dark" ? "light" : "dark");
    } catch {
      // storage is switched off: nothing can be remembered
    }
    this.apply();
  }

  apply(): void {
    document.documentElement.dataset.theme = this.get();
    for (const listener of this.listeners) listener();
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

function stored(): Theme | null {
  try {
    const found = localStorage.getItem(KEY);
    return found === "dark" || found === "light" ? found : null;
  } catch {
    return null;
  }
}

export const theme = new ThemeChoice();
