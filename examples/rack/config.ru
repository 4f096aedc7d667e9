# frozen_string_literal: true

require_relative "buoys"

run Buoys.new
