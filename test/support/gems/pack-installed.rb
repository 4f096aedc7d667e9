# frozen_string_literal: true

# Packs gems that Debian's packages have installed, with all that they depend on, as .gem files of a gem source:
#   ruby pack-installed.rb <folder> <gem>...
# What Debian has compiled goes along, so that nothing is compiled again.

require "fileutils"
require "rubygems/package"

out, *names = ARGV
packed = {}
pack = lambda do |name|
  next if packed.key?(name)

  spec = Gem::Specification.find_all_by_name(name).max_by(&:version) or abort("The gem #{name} is not installed.")
  packed[name] = true
  work = File.join(out, "work", name)
  FileUtils.mkdir_p(work)
  FileUtils.cp_r("#{spec.full_gem_path}/.", work) if File.directory?(spec.full_gem_path)
  # Gems of Debian may have their libraries elsewhere than in the gem's folder.
  spec.full_require_paths.each do |path|
    FileUtils.mkdir_p("#{work}/lib")
    FileUtils.cp_r("#{path}/.", "#{work}/lib") if File.directory?(path)
  end
  copy = spec.dup
  copy.require_paths = ["lib"]
  copy.platform = "x86_64-linux" unless spec.extensions.empty?
  copy.extensions = []
  copy.extra_rdoc_files = []
  copy.test_files = []
  copy.summary ||= name
  copy.files = Dir.chdir(work) { Dir.glob("**/*", File::FNM_DOTMATCH).select { |path| File.file?(path) } }
  copy.executables = copy.executables.select { |file| File.file?("#{work}/#{copy.bindir}/#{file}") }
  Dir.chdir(work) { FileUtils.mv(Gem::Package.build(copy, true), File.join(out, "gems")) }
  spec.runtime_dependencies.each { |dependency| pack.call(dependency.name) }
end

FileUtils.mkdir_p(File.join(out, "gems"))
names.each(&pack)
FileUtils.rm_rf(File.join(out, "work"))
