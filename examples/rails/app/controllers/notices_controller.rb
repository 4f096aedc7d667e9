# frozen_string_literal: true

# Notices to mariners.
class NoticesController < ApplicationController
  NOTICES = ["The bar buoy is unlit", "Works on the north quay"].freeze

  def index
    @notices = NOTICES
  end

  def list
    render json: NOTICES
  end
end
