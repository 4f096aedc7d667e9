//! Another program of the package, which no service starts: it is not built.

fn main() {
    println!("Nothing to seed.");
}
