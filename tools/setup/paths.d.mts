export const root: string;
export const toolsDir: string;
export const pnpmBin: string;
