/** Modules that are C inside: without cgo they do not compile, or fail when they are first used. */
const needCgo = [
  "github.com/mattn/go-sqlite3",
  "gorm.io/driver/sqlite",
  "github.com/mutecomm/go-sqlcipher",
  "github.com/confluentinc/confluent-kafka-go",
  "github.com/marcboeker/go-duckdb",
  "github.com/duckdb/duckdb-go",
  "github.com/linxGnu/grocksdb",
  "github.com/tecbot/gorocksdb",
  "github.com/chai2010/webp",
  "github.com/kolesa-team/go-webp",
  "github.com/valyala/gozstd",
  "github.com/DataDog/zstd",
  "github.com/tree-sitter/go-tree-sitter",
  "github.com/smacker/go-tree-sitter",
  "github.com/libgit2/git2go",
  "github.com/godror/godror",
];
/** The same, for libraries of the system that a small image lacks. */
const needLibraries: Readonly<Record<string, string>> = {
  "github.com/h2non/bimg": "libvips",
  "github.com/davidbyttow/govips": "libvips",
  "github.com/cshum/vipsgen": "libvips",
  "gopkg.in/gographics/imagick": "ImageMagick",
  "gocv.io/x/gocv": "OpenCV",
  "github.com/otiai10/gosseract": "Tesseract",
  "github.com/libgit2/git2go": "libgit2",
  "github.com/godror/godror": "Oracle's client",
};

export interface CgoNeed {
  /** The module that says so. */
  module: string;
  /** A library that has to be installed. */
  library: string | null;
}

/** The first of these modules that cannot go without cgo; null where it can be left out. */
export function findCgoNeed(requires: readonly string[]): CgoNeed | null {
  const isOf = (module: string) => (name: string) => name === module || name.startsWith(`${module}/`);
  for (const [module, library] of Object.entries(needLibraries)) {
    const found = requires.find(isOf(module));
    if (found !== undefined) return { module: found, library };
  }
  const found = requires.find((name) => needCgo.some((module) => isOf(module)(name)));
  return found === undefined ? null : { module: found, library: null };
}
