//! Configuration, named models and the service that joins the backends.
