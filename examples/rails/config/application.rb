# frozen_string_literal: true

require_relative "boot"
require "logger"
require "rails"
require "action_controller/railtie"
require "action_view/railtie"
require "sprockets/railtie"

Bundler.require(*Rails.groups)

module Notices
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = Rails.env.production?
    config.assets.compile = false if Rails.env.production?
    config.public_file_server.enabled = ENV["RAILS_SERVE_STATIC_FILES"].present?
    config.logger = ActiveSupport::Logger.new($stdout) if ENV["RAILS_LOG_TO_STDOUT"].present?
  end
end
