export const writePage = (file) => file;
