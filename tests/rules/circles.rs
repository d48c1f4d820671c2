//! No circles among the files of `src`: whoever reads a file can read what it imports first, and can stop
//! there.
//!
//! What a file imports is where the thing is defined, whatever it is re-exported by. Three kinds of
//! imports are none: between a folder's `mod.rs` and what is in the folder, which are one thing in
//! several files; those of tests; and the type of an actor, which is the type of its address, so that
//! whoever sends it something names it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

use crate::layers::rust_files;

type Module = Vec<String>;

/// What one file says.
#[derive(Default)]
struct File {
    defined: BTreeSet<String>,
    /// Under which name it passes on what.
    passed_on: BTreeMap<String, Module>,
    /// Of which modules it passes on everything.
    all_of: Vec<Module>,
    /// The paths in it, from the root of the crate.
    named: Vec<Module>,
    actors: BTreeSet<String>,
}

/// Reads one file.
struct Reader<'a> {
    module: &'a [String],
    file: File,
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|what| what == "test")
    })
}

impl Reader<'_> {
    /// A path from the root of the crate; `None` for one of another crate, or of one's own.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([self.module, rest].concat()),
            "super" => {
                let depth = path.iter().take_while(|part| *part == "super").count();
                let above = self.module.len().checked_sub(depth)?;
                Some([&self.module[..above], &path[depth..]].concat())
            }
            _ => None,
        }
    }

    fn import(&mut self, tree: &UseTree, before: &[String], is_passed_on: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (path, name) = match tree {
            UseTree::Path(path) => {
                return self.import(&path.tree, &with(&path.ident), is_passed_on);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|one| self.import(one, before, is_passed_on));
            }
            UseTree::Name(name) => (with(&name.ident), name.ident.to_string()),
            UseTree::Rename(rename) => (with(&rename.ident), rename.rename.to_string()),
            UseTree::Glob(_) => (before.to_vec(), "*".to_owned()),
        };
        // `pub use child::Thing` names the module that is declared beside it.
        let own = || is_passed_on.then(|| [self.module, &path].concat());
        let Some(path) = self.absolute(&path).or_else(own) else {
            return;
        };
        match (is_passed_on, name.as_str()) {
            (true, "*") => self.file.all_of.push(path),
            (true, _) => drop(self.file.passed_on.insert(name, path)),
            (false, _) => self.file.named.push(path),
        }
    }

    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            _ => return,
        };
        self.file.defined.insert(name.to_string());
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(item) if is_for_tests(&item.attrs) => {}
            Item::Mod(item) if is_for_tests(&item.attrs) => {}
            Item::Use(item) => {
                let is_passed_on = !matches!(item.vis, Visibility::Inherited);
                self.import(&item.tree, &[], is_passed_on);
            }
            _ => {
                self.define(item);
                visit::visit_item(self, item);
            }
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if of.is_some_and(|of| of.ident == "Actor")
            && let syn::Type::Path(actor) = &*item.self_ty
        {
            self.file
                .actors
                .extend(actor.path.segments.last().map(|last| last.ident.to_string()));
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if parts.len() > 1 {
            self.file.named.extend(self.absolute(&parts));
        }
        visit::visit_path(self, path);
    }
}

/// All files by their modules.
struct Crate(BTreeMap<Module, File>);

impl Crate {
    fn read<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let read = |(path, source): (&str, &str)| {
            let mut module: Module =
                path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if module
                .last()
                .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
            {
                module.pop();
            }
            let parsed = syn::parse_file(source).unwrap_or_else(|error| panic!("{path}: {error}"));
            let file = File::default();
            let mut reader = Reader {
                module: &module,
                file,
            };
            reader.visit_file(&parsed);
            let file = reader.file;
            (module, file)
        };
        Self(sources.into_iter().map(read).collect())
    }

    /// The module in which that is defined.
    fn defines(&self, path: &[String]) -> Option<Module> {
        let depth = (0..=path.len()).rev().find(|depth| self.0.contains_key(&path[..*depth]))?;
        let module = &path[..depth];
        let Some(name) = path.get(depth) else {
            return Some(module.to_vec());
        };
        let file = &self.0[module];
        if let Some(elsewhere) = file.passed_on.get(name).filter(|_| !file.defined.contains(name)) {
            return self.defines(&[elsewhere, &path[depth + 1..]].concat());
        }
        let through = file
            .all_of
            .iter()
            .find(|other| self.0.get(*other).is_some_and(|other| other.defined.contains(name)));
        Some(through.cloned().unwrap_or_else(|| module.to_vec()))
    }

    fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let actors: BTreeSet<_> = self.0.values().flat_map(|file| &file.actors).collect();
        let of = |(module, file): (&Module, &File)| {
            let named = file
                .named
                .iter()
                .filter(|path| path.last().is_none_or(|last| !actors.contains(last)));
            let others = named
                .filter_map(|path| self.defines(path))
                .filter(|other| !module.starts_with(other) && !other.starts_with(module));
            (module.clone(), others.collect())
        };
        self.0.iter().map(of).collect()
    }

    /// Files that import each other, directly or through others.
    fn circles(&self) -> Vec<Vec<String>> {
        let imports = self.imports();
        let reached = |from: &Module| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(module) = next.pop() {
                let more = imports.get(&module).into_iter().flatten().cloned();
                next.extend(more.filter(|other| reached.insert(other.clone())));
            }
            reached
        };
        let reached: BTreeMap<_, _> =
            imports.keys().map(|module| (module.clone(), reached(module))).collect();
        let mut circles = BTreeSet::new();
        for (module, theirs) in &reached {
            let both = theirs.iter().filter(|other| {
                reached.get(*other).is_some_and(|reached| reached.contains(module))
            });
            let circle: Vec<_> = both.map(|module| module.join("::")).collect();
            circles.extend((circle.len() > 1).then_some(circle));
        }
        circles.into_iter().collect()
    }
}

#[test]
fn no_file_imports_itself_through_others() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources: Vec<_> = rust_files(&src)
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
            (inside, fs::read_to_string(&path).unwrap())
        })
        .collect();
    let all = Crate::read(sources.iter().map(|(path, source)| (path.as_str(), source.as_str())));
    let imports: usize = all.imports().values().map(BTreeSet::len).sum();
    assert!(imports > 500, "the test reads the files: {imports}");
    let circles = all.circles();
    assert!(circles.is_empty(), "these files import each other: {circles:#?}");
}

#[test]
fn a_circle_is_seen_however_it_is_imported() {
    for (a, b) in [
        ("use crate::b::X;", "use crate::a::Y;"),
        ("use crate::b::{self, X};", "fn y() { crate::a::y() }"),
        ("use super::b::X;", "use crate::Y;"),
        ("use crate::b::X;", "use crate::c::Y;"),
    ] {
        let sources = [
            ("lib.rs", "mod a; mod b; pub use a::Y;"),
            ("a.rs", a),
            ("b.rs", b),
            ("c.rs", "use crate::a::Y;"),
        ];
        let circles = Crate::read(sources).circles();
        assert_eq!(circles.len(), 1, "{a} {b}: {circles:?}");
    }
}

#[test]
fn what_is_no_import_makes_no_circle() {
    for (a, b) in [
        ("use crate::b::X;", "#[cfg(test)] mod tests { use crate::a::Y; }"),
        ("use crate::b::X;", "struct B(Addr<crate::a::Y>);"),
        ("use crate::b::X;", "use crate::Z;"),
    ] {
        let sources = [
            ("lib.rs", "mod a; mod b; pub use a::Y; struct Z;"),
            ("a.rs", &format!("{a} struct Y; impl Actor for Y {{}}")),
            ("b.rs", b),
        ];
        let circles = Crate::read(sources).circles();
        assert!(circles.is_empty(), "{a} {b}: {circles:?}");
    }
}
