/**
 * Where packages lie below the app's folder. It has the layout of a virtual environment, which all package managers fill,
 * and which Python takes as its user base (PYTHONUSERBASE): packages in `lib/python3.x/site-packages`, programs in `bin`.
 * Unlike a virtual environment it names no interpreter, so it runs in another folder and with the Python that is there.
 */
export const packagesFolder = ".berth/python";
export const programsFolder = `${packagesFolder}/bin`;

/** The virtual environment that they are installed into first: its own Python is not to come before the builder's in PATH, where `programsFolder` is. */
export const environmentFolder = ".berth/environment";
