(** The hypotheses of [dyadic_backpropagation] can be met: a network on which the theorem is used.

    Two vertices share the real parameter t:  x_0 = t  and  x_1 = t * x_0.  The cost x_0 * x_1 reads both, so that
    the activation x_0 has two readers.  The longest path has two vertices: four steps from any state give the
    gradient 3 t^2 of the cost t^3. *)

From Coq Require Import Reals Arith Lia Bool.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Gradient Paths Network Backpropagation.
Open Scope R_scope.

Definition X (v : nat) : NormedModule R_AbsRing := R_NormedModule.
Notation environment := (E R_NormedModule X).

Definition f (v : nat) : environment v -> X v :=
  match v return environment v -> X v with
  | 0%nat => fun e => e
  | 1%nat => fun e => (fst e * snd e)%R
  | _ => fun _ => zero
  end.

Definition Df (v : nat) : environment v -> environment v -> X v :=
  match v return environment v -> environment v -> X v with
  | 0%nat => fun _ h => h
  | 1%nat => fun e h => (fst h * snd e + fst e * snd h)%R
  | _ => fun _ _ => zero
  end.

Definition cost (e : environment 2) : R_NormedModule := (snd (fst e) * snd e)%R.
Definition Dcost (e h : environment 2) : R_NormedModule :=
  (snd (fst h) * snd e + snd (fst e) * snd h)%R.

Definition parent (u v : nat) : bool := (Nat.eqb u 0 && Nat.eqb v 1)%bool.

Lemma parent_is : forall u v, parent u v = true -> u = 0%nat /\ v = 1%nat.
Proof.
  intros u v H. apply andb_prop in H as [Hu Hv]. split; now apply Nat.eqb_eq.
Qed.

Lemma two_vertices_at_most : forall k v, path parent k v -> (k <= 2)%nat.
Proof.
  intros k v Hpath. destruct Hpath as [v|k u v Hpath Hp]; [lia|].
  apply parent_is in Hp as [-> _].
  inversion Hpath as [w|j w v' Hshort Hp]; [lia|].
  apply parent_is in Hp as [_ Hp]. discriminate.
Qed.

Lemma product_differentiable : forall (U : NormedModule R_AbsRing) (a b : U -> R_NormedModule) (u : U),
  is_linear a -> is_linear b ->
  filterdiff (fun t => (a t * b t)%R : R_NormedModule) (locally u) (fun h => (a h * b u + a u * b h)%R).
Proof.
  intros U a b u Ha Hb.
  apply (filterdiff_mult_fct a b u a b Rmult_comm); now apply filterdiff_linear.
Qed.

Notation gradient := (parameter_gradient (Theta := R_NormedModule) (X := X) (n := 2) Df Dcost).

Theorem four_steps_give_the_gradient : forall (t : R) (z : network_state X 2) (h : R),
  let z' := after (Theta := R_NormedModule) f Df Dcost parent t 4 z in
  gradient t (x_of z') (s_of z') h = 3 * (t * t) * h.
Proof.
  intros t z h z'.
  assert (Hexact : filterdiff (feedforward_cost (Theta := R_NormedModule) f cost) (locally (t : R_NormedModule))
    (gradient t (x_of z') (s_of z'))).
  { apply (dyadic_backpropagation R_NormedModule X 2 f Df cost Dcost parent) with (L := 2%nat).
    - intros u v Hp. apply parent_is in Hp as [-> ->]. lia.
    - intros [|[|v]] e e' Hv H; [exact H | | lia].
      destruct H as [Ht Hx]. specialize (Hx eq_refl). simpl in Ht, Hx |- *. now rewrite Ht, Hx.
    - intros k v _. apply two_vertices_at_most.
    - intros [|[|v]] Hv; [apply filterdiff_id | | lia].
      apply (product_differentiable (environment 1) fst snd); [apply is_linear_fst | apply is_linear_snd].
    - apply (product_differentiable (environment 2) (fun e => snd (fst e)) snd); [|apply is_linear_snd].
      apply (is_linear_comp (U := environment 2) (V := environment 1) fst snd);
        [apply is_linear_fst | apply is_linear_snd]. }
  destruct Hexact as [linear small].
  set (G := gradient t (x_of z') (s_of z')) in *.
  assert (Hscal : forall k, G k = k * G 1).
  { intro k. rewrite <- (Rmult_1_r k) at 1. apply (linear_scal _ linear k 1). }
  assert (Hderive : is_derive (fun t : R => t * (t * t)) t (G 1)).
  { apply (filterdiff_ext_lin _ G); [split; [exact linear | exact small] | exact Hscal]. }
  assert (Hcubic : is_derive (fun t : R => t * (t * t)) t (3 * (t * t))).
  { replace (3 * (t * t)) with (1 * (t * t) + t * (1 * t + t * 1)) by ring.
    pose proof (is_derive_id t : is_derive (fun t : R => t) t 1) as Hid.
    apply (is_derive_mult (fun t => t) (fun t => t * t) t 1); [exact Hid | | exact Rmult_comm].
    apply (is_derive_mult (fun t => t) (fun t => t) t 1 1); [exact Hid | exact Hid | exact Rmult_comm]. }
  apply is_derive_unique in Hderive, Hcubic.
  rewrite Hscal, <- Hderive, Hcubic. apply Rmult_comm.
Qed.
